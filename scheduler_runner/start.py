"""Start a module as ``python -m`` does, with the project first on ``sys.path`` and without the current folder.

``python -m`` looks into the current folder first: whoever may write there, say among recordings, has his own
``logging.py`` run by the task's account. A variable such as PYTHONSAFEPATH would be inherited by every program that the
task starts, and this is the same from Python 3.10 on::

    python PROJECT/scheduler_runner/start.py [--tasks=FOLDER] PACKAGE.MODULE ARGUMENTS...

FOLDER holds further domains, whose modules are then found as those of ``scheduler_runner/tasks/`` are.
"""

import os
import sys

_PATH = os.path.abspath(__file__)
_TASKS = "--tasks="


def module_argv(module: str, tasks_dir: str = "") -> tuple[str, ...]:
    """Return the command that starts ``module``, to which its arguments are appended.

    ``tasks_dir`` is the folder of domains in which it may lie, ``""``: the program's own.
    """
    return (sys.executable, _PATH, *([f"{_TASKS}{tasks_dir}"] if tasks_dir else []), module)


def find_domains_in(tasks_dir: str) -> None:
    """Let the domains of a further folder be imported as ``scheduler_runner.tasks.NAME``; the program's own go first.

    >>> find_domains_in("/etc/pvz-tasks")  # doctest: +SKIP
    """
    import scheduler_runner.tasks as tasks

    if tasks_dir not in tasks.__path__:
        tasks.__path__.append(tasks_dir)


def _start() -> None:
    """Become the module that the first argument names."""
    from runpy import _run_module_as_main  # type: ignore[attr-defined]  # what -m itself calls
    from types import ModuleType

    here = os.path.dirname(_PATH)
    if os.path.abspath(sys.path[0]) == here:  # Python puts it there, unless it was told to be safe
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(here))
    del sys.argv[0]
    if sys.argv[0].startswith(_TASKS):
        find_domains_in(sys.argv.pop(0)[len(_TASKS) :])
    sys.modules["__main__"] = ModuleType("__main__")  # without what is defined here
    _run_module_as_main(sys.argv[0])


if __name__ == "__main__":
    _start()
