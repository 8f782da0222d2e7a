"""Where things lie below the logs folder: ``{user}/ledger.sqlite3``, ``{user}/locks/``, logs by task, the shared locks.

Nothing is made here. README.md in ``logs/`` says the same to people.
"""

import os

RUNNER = "runner"
"""The folder of the runner's own log, beside those of the tasks."""
_LOCKS = "locks"
_RESULTS = "results"
NOT_USERS = frozenset({_LOCKS})
"""Folders that no user can have for his own."""
NOT_TASKS = frozenset({RUNNER, _LOCKS, _RESULTS})
"""Folders that no task can have for its log."""


class Layout:
    """The logs folder of one installation, which all users share.

    >>> Layout("logs").group_lock("Disk").replace(os.sep, "/")
    'logs/locks/disk.lock'
    >>> Layout("logs").user("Operator").task_lock("cameras_CopyScript").replace(os.sep, "/")
    'logs/operator/locks/cameras_copyscript.lock'
    """

    def __init__(self, logs_dir: str) -> None:
        self.folder = logs_dir

    @property
    def locks(self) -> str:
        """The folder of the locks that all users share."""
        return os.path.join(self.folder, _LOCKS)

    def shared_lock(self, name: str) -> str:
        """Return the path of a lock that all users share."""
        return os.path.join(self.locks, f"{name}.lock")

    def group_lock(self, group: str) -> str:
        """Return the path of a group's lock. Groups differ by more than case."""
        return self.shared_lock(group.lower())

    def group_records(self, group: str) -> list[str]:
        """Return where each user's runner writes down that it holds a group's lock."""
        try:
            return [user.group_record(group) for user in self.users()]
        except OSError:
            return []

    def user(self, name: str) -> "UserLayout":
        """Return what lies below one user's folder, which is in lower case."""
        return UserLayout(os.path.join(self.folder, name.lower()))

    def users(self) -> "list[UserLayout]":
        """Return the users' folders that are there, by name. Raises ``OSError`` where the logs cannot be listed."""
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            return []
        return [UserLayout(os.path.join(self.folder, name)) for name in names if name not in NOT_USERS]


class UserLayout:
    """One user's folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """The user, in lower case."""
        return os.path.basename(self.folder)

    @property
    def top(self) -> str:
        """The logs folder, below which no folder may be a link."""
        return os.path.dirname(self.folder)

    @property
    def ledger(self) -> str:
        """The record of ticks, slots, runs and notices."""
        return os.path.join(self.folder, "ledger.sqlite3")

    @property
    def brakes(self) -> str:
        """What the administrator has silenced or stopped for a while."""
        return os.path.join(self.folder, "brakes.json")

    @property
    def results(self) -> str:
        """The folder where scripts leave their results."""
        return os.path.join(self.folder, _RESULTS)

    @property
    def locks(self) -> str:
        """The folder of this user's locks and of the records of who holds them."""
        return os.path.join(self.folder, _LOCKS)

    @property
    def reading(self) -> str:
        """Which configuration file is being read, and which ones a tick did not outlive."""
        return os.path.join(self.locks, "reading")

    @property
    def ledger_lock(self) -> str:
        """The lock under which a damaged ledger is set aside."""
        return os.path.join(self.locks, "ledger.lock")

    @property
    def sender_lock(self) -> str:
        """The lock of the one process that sends this user's notices; its mark is when the last ping arrived."""
        return os.path.join(self.locks, "sender.lock")

    @property
    def direct_lock(self) -> str:
        """The lock under which a notice goes past the ledger; its mark is when the last one did."""
        return os.path.join(self.locks, "direct_notice.lock")

    def task_lock(self, task_id: str) -> str:
        """Return the path of a task's lock. Task names differ by more than case."""
        return os.path.join(self.locks, f"{task_id.lower()}.lock")

    def group_record(self, group: str) -> str:
        """Return where this user's runner writes down that it holds a group's lock: in a folder that is its own."""
        return os.path.join(self.locks, "groups", f"{group.lower()}.json")

    def log(self, name: str = RUNNER) -> str:
        """Return the folder of a task's log, or of the runner's."""
        return os.path.join(self.folder, name)
