"""Find the tasks: ``tasks/*/config/*_config.py``, each file run as it is now, each entry made a ``Task`` or a problem.

A broken file or entry stops nothing else. ``SCHEDULE`` holds the sound tasks; it is loaded on first use.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import NamedTuple

from config.base_config import PATH_CONFIG, base_environment
from scheduler_runner.entries import Place, env_of, parse_entry
from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.logbook.masking import secrets_in
from scheduler_runner.phrases import Phrase
from scheduler_runner.reading import LIMIT_SECONDS, TooLong, Untouched, within_limit
from scheduler_runner.task import Task

_SUFFIX = "_config.py"
_NAMES = ("TASK_SCHEDULE", "SCHEDULE")
_TASKS = "scheduler_runner.tasks"

TYPE_CHECKING = False
if TYPE_CHECKING:
    SCHEDULE: tuple[Task, ...]


class Problem(NamedTuple):
    """One thing that is wrong in the configuration; as a text, one sentence.

    ``entry`` is a task's name, or ``#3`` where it has none, and empty for a whole file; ``user`` is ``None`` where it
    cannot be told whose it is.
    """

    file: str
    error: SchedulerError | Phrase | str
    entry: str = ""
    key: str = ""
    user: str | None = None

    @property
    def said(self) -> Phrase:
        """The sentence, for who says it in another language."""
        if self.entry:
            return Phrase("{file}, entry {entry}: {error}", file=self.file, entry=self.entry, error=self.error)
        return Phrase("{file}: {error}", file=self.file, error=self.error)

    @property
    def message(self) -> str:
        """What is wrong, without the place."""
        return str(self.error)

    def __str__(self) -> str:
        return str(self.said)


class Schedule(NamedTuple):
    """What the configuration files say: the sound tasks in the files' order, and what is wrong."""

    tasks: tuple[Task, ...]
    problems: tuple[Problem, ...]


_current: Schedule | None = None


def __getattr__(name: str) -> tuple[Task, ...]:
    if name == "SCHEDULE":
        return _loaded().tasks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def reload_schedule() -> Schedule:
    """Read the files as they are now and make that the current schedule.

    Raises ``ConfigError`` with every problem where not one task can be loaded; then the current one stays.

    >>> reload_schedule().problems
    ()
    """
    global _current
    schedule = load_schedule()
    if not schedule.tasks:
        told = "\n".join(str(problem) for problem in schedule.problems)
        if not told:
            raise ConfigError("no task is configured below {folder}", folder=PATH_CONFIG["TASKS_ROOT"])
        raise ConfigError(told)
    _current = schedule
    return schedule


def get_tasks_by_user(user: str) -> tuple[Task, ...]:
    """Return the sound tasks of a user, whatever the case, in the files' order; none for a user without tasks.

    >>> get_tasks_by_user("Operator")[0].id
    'cameras_CopyScript'
    >>> get_tasks_by_user("nobody")
    ()
    """
    return tuple(task for task in _loaded().tasks if task.user.lower() == user.lower())


def get_task_by_name(name: str, user: str | None = None) -> Task | None:
    """Return the sound task called ``NAME`` or ``domain_NAME``, whatever the case; ``None`` where there is none.

    Without ``user`` every user's tasks are looked through, in the files' order.

    >>> get_task_by_name("copyscript").user
    'operator'
    >>> get_task_by_name("CopyScript", user="system") is None
    True
    """
    tasks = _loaded().tasks if user is None else get_tasks_by_user(user)
    return next((task for task in tasks if task.is_called(name)), None)


def get_task_env(task: Task | Mapping[str, object]) -> dict[str, str]:
    """Return what a task adds to its child's environment: the base environment, then its own ``env``.

    ``task`` may be a plain dict with the keys of an entry. Every value is a text, and a variable that ``env`` sets to
    ``None`` is left out. Raises ``ConfigError`` for an ``env`` that is wrong, and where the INI is.

    >>> environment = get_task_env({"name": "Report", "env": {"PAGES": 5, "PVZ_ID": None}, "detailed_logs": True})
    >>> environment["PAGES"], environment["LOG_LEVEL"], "PVZ_ID" in environment
    ('5', 'DEBUG', False)
    """
    own, is_detailed = (
        (task.env, task.detailed_logs) if isinstance(task, Task) else (env_of(task), bool(task.get("detailed_logs")))
    )
    environment: dict[str, str | None] = {**base_environment("DEBUG" if is_detailed else "INFO"), **own}
    return {name: value for name, value in environment.items() if value is not None}


def load_schedule(tasks_root: str | None = None) -> Schedule:
    """Return what the files say now; no domain's module stays in ``sys.modules``.

    ``tasks_root`` is the project's by default. What is wrong is in ``problems``, and nothing is raised.

    >>> schedule = load_schedule()
    >>> sorted({task.domain for task in schedule.tasks}), schedule.problems
    (['cameras', 'point', 'system_updates'], ())
    """
    tasks: list[Task] = []
    problems: list[Problem] = []
    taken: dict[tuple[str, str], Task] = {}
    secrets = secrets_in(os.environ)
    with _UntouchedModules(), Untouched() as untouched:
        for path in _config_files(tasks_root or PATH_CONFIG["TASKS_ROOT"], problems):
            for task, found in _tasks_in(path, secrets, taken, untouched):
                problems.extend(found)
                if task is not None:
                    tasks.append(task)
    return Schedule(tuple(tasks), tuple(problems))


def _loaded() -> Schedule:
    global _current
    if _current is None:
        _current = load_schedule()
    return _current


def _config_files(tasks_root: str, problems: list[Problem]) -> Iterator[str]:
    for domain in sorted(_names(tasks_root, problems)):
        folder = os.path.join(tasks_root, domain, "config")
        for name in sorted(_names(folder, problems)):
            if name.endswith(_SUFFIX) and not name.startswith("."):
                yield os.path.join(folder, name)


def _names(folder: str, problems: list[Problem]) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        told = "it cannot be read ({reason}): a plain folder would be right"
        problems.append(Problem(_shown(folder), ConfigError(told, reason=error.strerror)))
        return []


def _tasks_in(
    path: str, secrets: Mapping[str, str], taken: dict[tuple[str, str], Task], untouched: Untouched
) -> Iterator[tuple[Task | None, list[Problem]]]:
    """Yield each entry of a file as a task or as problems."""
    domain_dir = os.path.dirname(os.path.dirname(path))
    file = _shown(path)
    try:
        entries = _entries(within_limit(lambda: _run_file(path)))
    except TooLong:
        late = "it takes more than {seconds:g} s to be read: only definitions would be right"
        yield None, [Problem(file, ConfigError(late, seconds=LIMIT_SECONDS))]
        return
    except ConfigError as error:
        yield None, [Problem(file, error)]
        return
    finally:
        untouched.restore()  # after each file: the next one finds what the first one found
    place = Place(domain=os.path.basename(domain_dir), domain_dir=domain_dir, file=file)
    for number, entry in enumerate(entries, 1):
        try:
            yield _task_of(entry, number, place, secrets, taken)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an entry's values, and the package it names, are code
            told = ConfigError(
                "it cannot be checked ({kind}): plain texts, numbers, lists and dicts, and a module that can be "
                "imported, would be right",
                kind=type(error).__name__,
            )
            yield None, [Problem(file, told, entry=f"#{number}")]


def _task_of(
    entry: object, number: int, place: Place, secrets: Mapping[str, str], taken: dict[tuple[str, str], Task]
) -> tuple[Task | None, list[Problem]]:
    task, errors = parse_entry(entry, place, secrets)
    if task is not None:
        errors = _collisions(task, taken)
    for error in errors:
        str(error)  # said here, where a value that cannot be shown is this entry's problem, not the tick's
    return None if errors else task, [_problem(entry, number, error, place.file) for error in errors]


def _collisions(task: Task, taken: dict[tuple[str, str], Task]) -> list[ConfigError]:
    """Take a task's name and log folder; tell where another task of its user has one of them, whatever the case."""
    user = task.user.lower()
    for name in (task.name, task.id):
        other = taken.setdefault((user, name.lower()), task)
        if other is not task:
            told = "name {name!r} is taken by {other} in {file}: another name would be right"
            return [ConfigError(told, name=task.name, other=other.id, file=other.source, key="name")]
    return []


def _problem(entry: object, number: int, error: ConfigError, file: str) -> Problem:
    values = entry if isinstance(entry, Mapping) else {}
    name, user = values.get("name"), values.get("user")
    return Problem(
        file,
        error,
        entry=name if isinstance(name, str) and name else f"#{number}",
        key=error.key or "",
        user=user if isinstance(user, str) and user and error.key != "user" else None,
    )


def _entries(module: ModuleType) -> list[object]:
    defined = vars(module)
    found = [name for name in _NAMES if name in defined]
    if len(found) != 1:
        what = Phrase("neither TASK_SCHEDULE nor SCHEDULE is")
        if found:
            what = Phrase("both of TASK_SCHEDULE and SCHEDULE are")
        raise ConfigError("{what} defined: one list of dicts, SCHEDULE = [...], would be right", what=what)
    entries = defined[found[0]]
    if not isinstance(entries, (list, tuple)):
        raise ConfigError(
            "{name} is a {kind}: a list of dicts would be right", name=found[0], kind=type(entries).__name__
        )
    return list(entries)


def _run_file(path: str) -> ModuleType:
    """Run a configuration file under its package's name, compiled from the text that it has now.

    Bytecode beside it would do for all but an edit within the same second. Raises ``ConfigError`` whatever it does.
    """
    domain = os.path.basename(os.path.dirname(os.path.dirname(path)))
    name = f"scheduler_runner.tasks.{domain}.config.{os.path.basename(path)[:-3]}"
    _install_packages(os.path.dirname(os.path.dirname(path)), domain)
    module = ModuleType(name)
    module.__file__, module.__package__ = path, name.rpartition(".")[0]
    sys.modules[name] = module
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - configuration is code, see docs/configuration.md
    except BaseException as error:
        raise _why(error, path) from error
    return module


def _install_packages(domain_dir: str, domain: str) -> None:
    """Let a configuration file import its domain's modules from where it stands."""
    parts = (
        (_TASKS, os.path.dirname(domain_dir)),
        (f"{_TASKS}.{domain}", domain_dir),
        (f"{_TASKS}.{domain}.config", os.path.join(domain_dir, "config")),
    )
    for name, folder in parts:
        package = ModuleType(name)
        package.__path__ = [folder]
        package.__package__ = name
        sys.modules[name] = package


class _UntouchedModules:
    """Leaves the domains' modules in ``sys.modules`` as they were."""

    def __enter__(self) -> None:
        self._names = set(sys.modules)
        self._ours = {name: module for name, module in sys.modules.items() if name.startswith(_TASKS)}

    def __exit__(self, *_: object) -> None:
        for name in sys.modules.keys() - self._names:
            if name.startswith(_TASKS):
                del sys.modules[name]
        sys.modules.update(self._ours)


def _why(error: BaseException, path: str) -> ConfigError:
    if isinstance(error, SystemExit):
        told = "it ends the program when it is read (exit code {code!r}): only definitions would be right"
        return ConfigError(told, code=error.code)
    if isinstance(error, SyntaxError):
        line = f", line {error.lineno}" if error.lineno else ""
        return ConfigError("it is no Python ({reason}{line}): mend the file", reason=error.msg, line=line)
    if isinstance(error, OSError) and error.filename == path:
        told = "it cannot be read ({reason}): a readable Python file would be right"
        return ConfigError(told, reason=error.strerror)
    told = "it fails when it is read ({kind}: {text}{line}): mend the file"
    text = " ".join(str(error).split())
    return ConfigError(told, kind=type(error).__name__, text=text, line=_line_of(error, path))


def _line_of(error: BaseException, path: str) -> str:
    trace, line = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = f", line {trace.tb_lineno}"
        trace = trace.tb_next
    return line


def _shown(path: str) -> str:
    """Return where a file lies in the project, with slashes; elsewhere its path as the system writes it."""
    try:
        shown = os.path.relpath(path, PATH_CONFIG["BASE_DIR"])
    except ValueError:  # another drive
        return path
    return path if shown.startswith("..") else shown.replace(os.sep, "/")
