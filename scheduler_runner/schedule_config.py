"""Find the tasks: ``tasks/*/config/*_config.py``, also below folders of one's own.

Each file is run as it is now, each entry made a ``Task`` or a problem.
A broken file or entry stops nothing else. ``SCHEDULE`` holds the sound tasks; it is loaded on first use.
"""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from config.base_config import PATH_CONFIG, base_environment, tasks_roots
from scheduler_runner.config_file import UntouchedModules, run_file
from scheduler_runner.entries import Place, env_of, parse_entry
from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.logbook.masking import secrets_in
from scheduler_runner.phrases import Phrase
from scheduler_runner.reading import (
    LIMIT_SECONDS,
    ReadingMark,
    TooLong,
    Untouched,
    each_within_limit,
    marked_in,
)
from scheduler_runner.system.layout import Layout
from scheduler_runner.task import Task

_SUFFIX = "_config.py"
_NAMES = ("TASK_SCHEDULE", "SCHEDULE")

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
    domains: Mapping[str, str] = MappingProxyType({})
    """The folder of each domain, by its name."""

    @property
    def tasks_dirs(self) -> tuple[str, ...]:
        """The folders of domains outside the program's, as far as there was anything in them."""
        return tuple(sorted({os.path.dirname(each) for each in self.domains.values()} - {PATH_CONFIG["TASKS_ROOT"]}))


_Entry = tuple[Task | None, list[Problem]]
_Step = tuple[str, str]
_ROOT, _DOMAIN, _FILE = "root", "domain", "file"
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


def load_schedule(roots: "Sequence[str] | None" = None, mark: ReadingMark | None = None) -> Schedule:
    """Return what the files say now; no domain's module stays in ``sys.modules``.

    ``roots`` are the folders of domains, by default the program's own and those that the INI names. What is wrong is
    in ``problems``, and nothing is raised. A tick gives the ``mark`` of what it reads.

    >>> schedule = load_schedule()
    >>> sorted({task.domain for task in schedule.tasks}), schedule.problems
    (['cameras', 'point', 'system_updates'], ())
    """
    mark = mark or ReadingMark(suspects=_suspects_of_ticks())
    with UntouchedModules(), Untouched() as untouched:
        search = _Search(_roots() if roots is None else roots, untouched, mark)
        entries = search.entries()
    mark.close()
    problems = (*search.problems, *(problem for _, told in entries for problem in told))
    return Schedule(tuple(task for task, _ in entries if task is not None), problems, search.domains)


def read_alone(path: str) -> None:
    """Read one file as :func:`load_schedule` does, for nothing but to see whether this process outlives it."""
    with Untouched() as untouched:
        _Search([], untouched, ReadingMark()).read(path)


def _loaded() -> Schedule:
    global _current
    if _current is None:
        _current = load_schedule()
    return _current


def _roots() -> Sequence[str]:
    try:
        return tasks_roots()
    except ConfigError:  # told by whoever needs the rest of the INI
        return [PATH_CONFIG["TASKS_ROOT"]]


def _suspects_of_ticks() -> frozenset[str]:
    """Return what ticks did not outlive, for commands: they would not either."""
    try:
        users = Layout(PATH_CONFIG["LOGS_ROOT"]).users()
    except OSError:
        return frozenset()
    return frozenset().union(*(marked_in(user.reading) for user in users))


class _Search:
    """The way from the folders of domains down to the files and what stands in them.

    A step is what is looked at and its path: a root and a domain's folder ``config`` are listed, a file is read. Each
    leads to the next ones in the reading thread, so that all of it is one way there and back.
    """

    def __init__(self, roots: Sequence[str], untouched: Untouched, mark: ReadingMark) -> None:
        self.domains: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._roots, self._untouched, self._mark = roots, untouched, mark
        self._secrets = secrets_in(os.environ)
        self._taken: dict[tuple[str, str], Task] = {}
        self._files: list[_Step] = []
        self._found: dict[str, list[_Entry]] = {}

    def entries(self) -> "list[_Entry]":
        """Return each entry as a task or as problems, in the order of roots, domains and names."""
        self._take([(_ROOT, root) for root in self._roots])
        if self._mark.has_suspects:  # not one was read yet
            lost = self._mark.lost_among([path for _, path in self._files])
            told = "whatever reads it ends, or takes more than {seconds:g} s: only definitions would be right"
            self._found = {path: _unread(path, told) for path in lost}
            self._take([(_FILE, path) for _, path in self._files if path not in lost])
        return [entry for _, path in self._files for entry in self._found[path]]

    def read(self, path: str) -> "list[_Entry]":
        """Read one file; after it all is as it was before, so that the next one finds what the first one found."""
        self._mark.begin(path)
        try:
            entries, place = _entries(run_file(path)), _place(path)
            self._untouched.restore()
            # Within the limit, too: an entry's values, and the package that it names, are code.
            return [_parsed(each, number, place, self._secrets, self._taken) for number, each in entries]
        except ConfigError as error:
            return [(None, [Problem(_shown(path), error)])]
        finally:
            self._untouched.restore()

    def _take(self, steps: "Sequence[_Step]") -> None:
        for (kind, path), found in each_within_limit(self._look, steps, following=self._following):
            if not isinstance(found, TooLong):
                if kind == _FILE:
                    self._found[path] = found
            elif kind == _FILE:
                self._mark.accuse(path)
                self._untouched.restore()
                late = "it takes more than {seconds:g} s to be read: only definitions would be right"
                self._found[path] = _unread(path, late)
            else:
                late = "it takes more than {seconds:g} s to be listed: a drive of this PC would be right"
                self.problems.append(Problem(_shown(path), ConfigError(late, seconds=LIMIT_SECONDS)))

    def _look(self, step: "_Step") -> "list[str] | OSError | list[_Entry]":
        kind, path = step
        return self.read(path) if kind == _FILE else _listing(path)

    def _following(self, step: "_Step", found: Any) -> "list[_Step]":
        kind, path = step
        if kind == _ROOT:
            return [(_DOMAIN, os.path.join(path, name, "config")) for name in self._names(kind, path, found)]
        if kind == _FILE:
            return []
        files = [(_FILE, file) for file in self._files_of(path, found)]
        self._files += files
        return [] if self._mark.has_suspects else files

    def _files_of(self, config: str, listing: "list[str] | OSError") -> list[str]:
        """Return a domain's files, and take its name: each has one folder alone."""
        names = self._names(_DOMAIN, config, listing)
        files = [os.path.join(config, name) for name in names if name.endswith(_SUFFIX) and not name.startswith(".")]
        if not files:
            return []
        folder = os.path.dirname(config)
        root, domain = os.path.split(folder)
        known = {name.lower(): other for name, other in self.domains.items()}
        other = known.get(domain.lower()) or _bundled(root, domain)
        if other:
            told = "{other} is a domain of this name already: another name would be right"
            self.problems.append(Problem(_shown(folder), ConfigError(told, other=_shown(other))))
            return []
        self.domains[domain] = folder
        return files

    def _names(self, kind: str, folder: str, listing: "list[str] | OSError") -> list[str]:
        """Return in order what stands in a folder; why nobody knows is a problem."""
        is_needed = kind == _ROOT and folder != PATH_CONFIG["TASKS_ROOT"]
        if isinstance(listing, OSError):
            if is_needed or not isinstance(listing, (FileNotFoundError, NotADirectoryError)):
                told = "it cannot be read ({reason}): {right} would be right"
                right = "a folder laid out as scheduler_runner/tasks/ is" if is_needed else "a plain folder"
                wrong = ConfigError(told, reason=listing.strerror, right=Phrase(right))
                self.problems.append(Problem(_shown(folder), wrong))
            return []
        return sorted(listing)


def _bundled(root: str, domain: str) -> str:
    """Return the program's own folder of this name, were it without tasks as ``common``; ``""``: there is none."""
    folder = os.path.join(PATH_CONFIG["TASKS_ROOT"], domain)
    return folder if root != PATH_CONFIG["TASKS_ROOT"] and os.path.isdir(folder) else ""


def _listing(folder: str) -> "list[str] | OSError":
    try:
        return os.listdir(folder)
    except OSError as error:
        return error


def _unread(path: str, told: str) -> "list[_Entry]":
    return [(None, [Problem(_shown(path), ConfigError(told, seconds=LIMIT_SECONDS))])]


def _place(path: str) -> Place:
    domain_dir = os.path.dirname(os.path.dirname(path))
    root = os.path.dirname(domain_dir)
    return Place(
        domain=os.path.basename(domain_dir),
        domain_dir=domain_dir,
        file=_shown(path),
        tasks_dir="" if root == PATH_CONFIG["TASKS_ROOT"] else root,
    )


def _parsed(
    entry: object, number: int, place: Place, secrets: Mapping[str, str], taken: dict[tuple[str, str], Task]
) -> "_Entry":
    try:
        return _task_of(entry, number, place, secrets, taken)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an entry's values, and the package it names, are code
        told = ConfigError(
            "it cannot be checked ({kind}): plain texts, numbers, lists and dicts, and a module that can be "
            "imported, would be right",
            kind=type(error).__name__,
        )
        return None, [Problem(place.file, told, entry=f"#{number}")]


def _task_of(
    entry: object, number: int, place: Place, secrets: Mapping[str, str], taken: dict[tuple[str, str], Task]
) -> "_Entry":
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


def _entries(module: ModuleType) -> list[tuple[int, object]]:
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
    return list(enumerate(entries, 1))


def _shown(path: str) -> str:
    """Return where a file lies in the project, with slashes; elsewhere its path as the system writes it."""
    try:
        shown = os.path.relpath(path, PATH_CONFIG["BASE_DIR"])
    except ValueError:  # another drive
        return path
    return path if shown.startswith("..") else shown.replace(os.sep, "/")
