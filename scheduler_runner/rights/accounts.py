r"""Accounts of this PC: who runs this, with which rights, and what a name or a SID stands for.

A SID is the same in every language of Windows; a name such as "NT AUTHORITY\SYSTEM" is not.
"""

import os
import sys

ROOT = "0"
"""The number of POSIX's administrator."""

if sys.platform == "win32":
    import ctypes

    _NAME_SAM_COMPATIBLE = 2
    _JOINED_TO_DOMAIN = 3
    _USER = 1
    _PROFILES = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"

    def is_privileged() -> bool:
        """Return whether this process may change what belongs to all: administrator's rights, or root."""
        return bool(ctypes.windll.shell32.IsUserAnAdmin())

    def current_account() -> str:
        r"""Return who runs this, as ``PC\name``."""
        buffer, size = ctypes.create_unicode_buffer(512), ctypes.c_ulong(512)
        name_of_this = ctypes.windll.secur32.GetUserNameExW
        name_of_this.restype = ctypes.c_ubyte  # BOOLEAN: of a whole int the rest would be rubbish
        if name_of_this(_NAME_SAM_COMPATIBLE, buffer, ctypes.byref(size)):
            return buffer.value
        return os.environ.get("USERNAME", "")

    def sid_of(name: str) -> str:
        """Return the SID of an account, a group or a domain; ``""`` where this PC knows none of that name."""
        return _looked_up(name)[0]

    def user_sid(name: str) -> str:
        """Return the SID of a person's account, by its name or SID; ``""`` for a group, the PC itself, or none."""
        sid, kind = _looked_up(name_of(name) if name.startswith("S-1-") else name)
        return sid if kind == _USER else ""

    def known_accounts() -> list[str]:
        """Return the accounts that have been logged on to this PC."""
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PROFILES) as key:
            sids = [winreg.EnumKey(key, number) for number in range(winreg.QueryInfoKey(key)[0])]
        return sorted(name_of(sid) for sid in sids if user_sid(sid))

    def _looked_up(name: str) -> tuple[str, int]:
        if not name:
            return "", 0  # Windows would take it for the PC's own domain
        sid, domain = ctypes.create_string_buffer(68), ctypes.create_unicode_buffer(256)
        sid_size, domain_size, kind = ctypes.c_ulong(68), ctypes.c_ulong(256), ctypes.c_ulong()
        found = ctypes.windll.advapi32.LookupAccountNameW(
            None, ctypes.c_wchar_p(name), sid, ctypes.byref(sid_size), domain, ctypes.byref(domain_size),
            ctypes.byref(kind),
        )  # fmt: skip
        text = ctypes.c_wchar_p()
        if not found or not ctypes.windll.advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
            return "", 0
        answer = text.value or ""
        ctypes.windll.kernel32.LocalFree(ctypes.cast(text, ctypes.c_void_p))
        return answer, kind.value

    def name_of(sid: str) -> str:
        r"""Return an account's name as ``PC\name``; the SID itself where this PC knows none."""
        binary = ctypes.c_void_p()
        if not ctypes.windll.advapi32.ConvertStringSidToSidW(ctypes.c_wchar_p(sid), ctypes.byref(binary)):
            return sid
        name, domain = ctypes.create_unicode_buffer(256), ctypes.create_unicode_buffer(256)
        name_size, domain_size, kind = ctypes.c_ulong(256), ctypes.c_ulong(256), ctypes.c_ulong()
        found = ctypes.windll.advapi32.LookupAccountSidW(
            None, binary, name, ctypes.byref(name_size), domain, ctypes.byref(domain_size), ctypes.byref(kind)
        )
        ctypes.windll.kernel32.LocalFree(binary)
        return f"{domain.value}\\{name.value}".lstrip("\\") if found else sid

    def is_orphan(sid: str) -> bool:
        """Return whether a SID is that of an account which is no more: nobody logs on as it, no other gets its number.

        A domain's accounts cannot be asked for while the domain is away: then none of its is taken for one.
        """
        return sid.startswith("S-1-5-21-") and name_of(sid) == sid and (_is_local(sid) or not _is_in_domain())

    def _is_local(sid: str) -> bool:
        return sid.rpartition("-")[0] == sid_of(os.environ.get("COMPUTERNAME", ""))

    def _is_in_domain() -> bool:
        name, status = ctypes.c_void_p(), ctypes.c_int()
        if ctypes.windll.netapi32.NetGetJoinInformation(None, ctypes.byref(name), ctypes.byref(status)):
            return True
        ctypes.windll.netapi32.NetApiBufferFree(name)
        return status.value == _JOINED_TO_DOMAIN

else:
    import pwd

    def is_privileged() -> bool:
        """Return whether this process may change what belongs to all: administrator's rights, or root."""
        return os.geteuid() == 0

    def current_account() -> str:
        """Return who runs this."""
        return name_of(str(os.geteuid()))

    def sid_of(name: str) -> str:
        """Return an account's number as a text; ``""`` where this PC knows none of that name."""
        try:
            return str(pwd.getpwnam(name).pw_uid)
        except KeyError:
            return ""

    def user_sid(name: str) -> str:
        """Return an account's number as a text; ``""`` where this PC knows none of that name or number."""
        return sid_of(name_of(name))

    def known_accounts() -> list[str]:
        """Return the accounts of people and the administrator."""
        return sorted(account.pw_name for account in pwd.getpwall() if account.pw_uid in (0, *range(1000, 60000)))

    def name_of(sid: str) -> str:
        """Return an account's name; the number itself where this PC knows none."""
        try:
            return pwd.getpwuid(int(sid)).pw_name
        except (KeyError, ValueError):
            return sid
