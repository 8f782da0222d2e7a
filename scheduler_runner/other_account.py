"""A runner that is started by another account than its user's: said, before it does anything. Loaded by hand alone."""

import os
import sys

from config.base_config import PATH_CONFIG
from config.launcher import pvz, runner_command
from scheduler_runner.errors import UsageError
from scheduler_runner.rights.accounts import current_account, name_of, sid_of, user_sid
from scheduler_runner.system.layout import Layout

if sys.platform == "win32":

    def refuse_other_account(user: str, task: str | None) -> None:
        """Refuse nobody: what an administrator writes below ``logs/`` has the rights of its folder."""

    def remark_on_account(user: str) -> str:
        """Return what a run by hand lacks where an account is called as the user is, and this is another one."""
        meant = user_sid(user)
        if not meant or meant == sid_of(current_account()):
            return ""
        return f"this is {current_account()}, not {user}: its network drives and its secrets are not here"

else:

    def refuse_other_account(user: str, task: str | None) -> None:
        """Raise ``UsageError`` where the user's logs belong to somebody else, who could not write what would be left.

        A tick by schedule (``task`` is ``None``) is refused only where the owner is called as the user is: else any
        account that makes a folder of that name could stop an administrator's runs.
        """
        folder = Layout(PATH_CONFIG["LOGS_ROOT"]).user(user).folder
        try:
            number = os.lstat(folder).st_uid
        except OSError:
            return
        owner = name_of(str(number))
        if number in (0, os.geteuid()) or (task is None and owner.lower() != user.lower()):
            return
        raise UsageError(
            "{folder} belongs to {owner}, and this is {own}: {command} would be right",
            folder=folder,
            owner=owner,
            own=current_account(),
            command=f"sudo -u {owner} {runner_command(user) if task is None else pvz(f'run {task}')}",
        )

    def remark_on_account(user: str) -> str:
        """Return nothing: whoever is not refused is the right one."""
        return ""
