"""All rows of ``russian/`` in one table: a template, and what it is in Russian. A test finds templates without a row.

A new module there is found by itself.
"""

from importlib import import_module
from pkgutil import iter_modules

from scheduler_runner.cli import russian

ROWS: dict[str, str] = {}
for _module in iter_modules(russian.__path__):
    ROWS.update(import_module(f"{russian.__name__}.{_module.name}").ROWS)
