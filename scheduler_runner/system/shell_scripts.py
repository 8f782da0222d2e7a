"""Programs that stand beside a task and are named by their file alone: ``clean.cmd``, ``clean.ps1``, ``clean.sh``."""

import os
import sys
from collections.abc import Sequence

from scheduler_runner.errors import ConfigError

_SHELLS = (".cmd", ".bat", ".ps1", ".sh")
"""What nobody means to be looked for in vain: who writes such a name has the file somewhere."""


def own_program(command: Sequence[str], folder: str) -> list[str]:
    """Return ``command`` as the system can start it: a program of ``folder`` by its whole path, ``.ps1`` by PowerShell.

    Raises ``ConfigError`` where it names a script that is not there, or that nothing here can run.
    """
    name, kind = command[0], os.path.splitext(command[0])[1].lower()
    program = name
    if kind and not os.path.dirname(name):
        beside = os.path.join(folder, name)
        if os.path.isfile(beside):
            program = beside
        elif kind in _SHELLS and not _is_on_path(name):
            raise ConfigError(
                f"command {name!r} does not exist at {beside}: a file there, or the whole path, would be right"
            )
    if kind == ".ps1":
        return [*_powershell(name), program, *command[1:]]
    return [program, *command[1:]]


def _is_on_path(name: str) -> bool:
    import shutil  # late: most ticks ask for none

    return shutil.which(name) is not None


if sys.platform == "win32":

    def _powershell(name: str) -> list[str]:
        """Return what a script's path is appended to. Windows by itself would open it in an editor."""
        system = os.path.join(os.environ.get("SYSTEMROOT") or r"C:\Windows", "System32")
        program = os.path.join(system, "WindowsPowerShell", "v1.0", "powershell.exe")
        return [program, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"]

else:

    def _powershell(name: str) -> list[str]:
        if not _is_on_path("pwsh"):
            raise ConfigError(f"command {name!r} needs PowerShell, and there is no pwsh here: a shell's script instead")
        return ["pwsh", "-NoProfile", "-NonInteractive", "-File"]
