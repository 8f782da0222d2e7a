"""Does the PC wait for a restart, and why?"""

import os
import sys

if sys.platform == "win32":
    import winreg

    PLACE = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
    # Not PendingFileRenameOperations: any browser's update sets it, and nothing of Windows waits for it.
    _KEYS = (
        r"Component Based Servicing\RebootPending",
        r"Component Based Servicing\RebootInProgress",
        r"Component Based Servicing\PackagesPending",
        r"WindowsUpdate\Auto Update\RebootRequired",
    )

    def restart_reasons(place: str | None = None) -> list[str]:
        """Return what waits for a restart: registry keys that are there only until then; ``[]``: nothing does.

        ``place`` is the key of HKEY_LOCAL_MACHINE below which they stand.
        """
        return [name for name in _KEYS if _is_there(f"{PLACE if place is None else place}\\{name}")]

    def _is_there(key: str) -> bool:
        try:
            # A 32-bit Python would be shown another part of the registry.
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY).Close()
        except OSError:
            return False
        return True

else:
    PLACE = "/var/run"

    def restart_reasons(place: str | None = None) -> list[str]:
        """Return what waits for a restart: the packages that asked for it; ``[]``: nothing does.

        ``place`` is the folder in which packages leave ``reboot-required``.
        """
        flag = os.path.join(PLACE if place is None else place, "reboot-required")
        if not os.path.exists(flag):
            return []
        try:
            with open(f"{flag}.pkgs", encoding="utf-8", errors="replace") as file:
                packages = sorted(set(file.read().split()))
        except OSError:
            packages = []
        return packages or ["reboot-required"]
