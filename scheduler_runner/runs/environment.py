"""The environment of a child: the runner's own without its secrets, then what the point and the task add."""

import os
from collections.abc import Collection, Mapping

from scheduler_runner.logbook.masking import is_secret_name

_FOR_PYTHON = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}


def child_environment(
    own: Mapping[str, str],
    added: Mapping[str, "str | None"],
    *,
    secrets: Collection[str] = (),
    project_root: str = "",
) -> dict[str, str]:
    """Return the environment for a child; see design rules in docs/architecture.md, "A run".

    ``own`` is the runner's; of its secret variables only those named in ``secrets`` stay. ``added`` wins over it;
    ``None`` removes a variable. ``project_root`` goes first into ``PYTHONPATH``, so that a child with another
    working folder finds this package. Names are compared as the system does: on Windows whatever the case.

    >>> child_environment({"PATH": "/bin", "BOT_TOKEN": "1"}, {"A": "b", "PATH": None})["A"]
    'b'
    """
    allowed = {_key(name) for name in secrets}
    child = {name: value for name, value in own.items() if not is_secret_name(name) or _key(name) in allowed}
    child.update(_FOR_PYTHON)
    if project_root:
        # What is not whole would mean the task's working folder, where others may write.
        others = filter(os.path.isabs, own.get("PYTHONPATH", "").split(os.pathsep))
        child["PYTHONPATH"] = os.pathsep.join((project_root, *others))
    for name, value in added.items():
        for present in [present for present in child if _key(present) == _key(name)]:
            del child[present]
        if value is not None:
            child[name] = str(value)
    return child


def changed_variables(own: Mapping[str, str], child: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the names that ``child`` adds or changes, and those that it lacks; without values.

    >>> changed_variables({"A": "1", "B": "2"}, {"B": "3", "C": "4"})
    (['B', 'C'], ['A'])
    """
    added = sorted(name for name, value in child.items() if own.get(name) != value)
    present = {_key(name) for name in child}
    return added, sorted(name for name in own if _key(name) not in present)


def _key(name: str) -> str:
    return name.upper() if os.name == "nt" else name
