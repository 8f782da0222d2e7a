"""All rows of ``russian/`` in one table: a template, and what it is in Russian. A test finds templates without a row.

A new module there is found by itself.
"""

import os
from importlib import import_module

from scheduler_runner.screens import russian

ROWS: dict[str, str] = {}
# Not by pkgutil: it imports inspect, a fifth of what a command needs before its first line.
for _name in sorted(os.listdir(russian.__path__[0])):
    if _name.endswith(".py") and _name != "__init__.py":
        ROWS.update(import_module(f"{russian.__name__}.{_name[:-3]}").ROWS)
