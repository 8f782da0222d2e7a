"""By what this machine is known again, whatever its name and its address are."""

import hashlib
import sys

if sys.platform == "win32":
    import winreg

    def _own_id() -> str:
        """Return what Windows made up when it was installed; of a cloned disk it is the same."""
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])

else:

    def _own_id() -> str:
        with open("/etc/machine-id", encoding="ascii") as file:
            return file.read().strip()


def machine_mark() -> str:
    """Return sixteen letters and digits that this machine alone has, and that tell nothing else of it."""
    try:
        own = _own_id()
    except OSError:
        import uuid

        own = f"{uuid.getnode():012x}"
    return hashlib.sha256(f"pvz-scheduler {own}".encode()).hexdigest()[:16]
