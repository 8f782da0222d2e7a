"""Checks of what Windows itself may keep from us."""

import sys
from collections.abc import Iterator

from scheduler_runner.doctor.patient import Finding, Patient
from scheduler_runner.phrases import Phrase

if sys.platform == "win32":
    import winreg

    _PROTECTED = (
        r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\Controlled Folder Access",
        "EnableControlledFolderAccess",
    )

    def check_protected_folders(patient: Patient) -> Iterator[Finding]:
        """Does Windows Defender keep programs from writing to folders? Its refusal looks like missing rights."""
        try:
            key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PROTECTED[0], 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY)
            with key:
                is_on = winreg.QueryValueEx(key, _PROTECTED[1])[0] == 1
        except OSError:
            return
        if is_on:
            yield Finding(
                Phrase("Controlled folder access is on: Windows may refuse to let Python write to folders of yours"),
                Phrase("allow {program} in Windows Security, Ransomware protection", program=sys.executable),
                is_drift=False,
            )

else:

    def check_protected_folders(patient: Patient) -> Iterator[Finding]:
        """Yield nothing: that is a matter of Windows."""
        yield from ()
