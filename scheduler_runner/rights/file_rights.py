"""Who, besides administrators, could change or replace a file or folder."""

import os
import re
import stat
import sys
from collections.abc import Iterator

_ACE = re.compile(r"\((?P<kind>[A-Z]+);(?P<flags>[A-Z]*);(?P<rights>[^;]*);[^;]*;[^;]*;(?P<sid>[^;)]+)[^)]*\)")
_RIGHT_BITS = {
    **{"CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100},
    **{"SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000},
    **{"GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000},
    **{"FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0},
    **{"KA": 0xF003F, "KR": 0x20019, "KW": 0x20006, "KX": 0x20019},
}
_WRITE, _APPEND, _DELETE_CHILD, _DELETE = 0x2, 0x4, 0x40, 0x10000
_WRITE_RIGHTS_OR_OWNER, _ALL, _GENERIC_WRITE = 0xC0000, 0x10000000, 0x40000000
_READ = 0x1 | 0x10000000 | 0x80000000
_TAKES_OVER = _DELETE | _WRITE_RIGHTS_OR_OWNER | _ALL
_CHANGES = _TAKES_OVER | _WRITE | _APPEND | _GENERIC_WRITE | _DELETE_CHILD
# Creator Owner and Owner Rights mean the owner, who is looked at by himself; the others are administrators, SYSTEM,
# and the accounts that services run as, which nobody logs on to.
_TRUSTED = frozenset(
    {"BA", "SY", "LA", "DA", "EA", "CO", "OW", "S-1-5-32-544", "S-1-5-18", "S-1-3-0", "S-1-3-4"}
    | {"LS", "NS", "SU", "AC", "S-1-5-19", "S-1-5-20", "S-1-5-6"}
)
# Services each with an account of its own (antivirus programs and TrustedInstaller among them), then what only narrows
# the rights of an account that needs them as well: apps of the Store and their abilities.
_TRUSTED_KINDS = ("S-1-5-80-", "S-1-15-")
_TRUSTED_ENDS = ("-500", "-512", "-519")
_NAMES = {
    **{"WD": "everyone", "AU": "every account", "BU": "every account", "IU": "who is logged on", "AN": "anybody"},
    **{"S-1-1-0": "everyone", "S-1-5-11": "every account", "S-1-5-32-545": "every account"},
}


def changers_in(sddl: str, *, is_ancestor: bool = False) -> set[str]:
    """Return who could change what a security descriptor protects: SIDs or their short forms, administrators not.

    ``is_ancestor``: it is a folder further up, where only what takes the next folder away counts. Of what denies
    nothing is made: it only makes safer. An owner may always give himself every right.

    >>> sorted(changers_in("O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICI;0x1301bf;;;AU)"))
    ['AU']
    """
    return _granted(sddl, _TAKES_OVER | _DELETE_CHILD if is_ancestor else _CHANGES)


def readers_in(sddl: str) -> set[str]:
    """Return who could read what a security descriptor protects, as :func:`changers_in` does.

    >>> sorted(readers_in("O:BAG:BAD:PAI(A;;FA;;;SY)(A;;FR;;;S-1-5-21-1-2-3-1001)"))
    ['S-1-5-21-1-2-3-1001']
    """
    return _granted(sddl, _READ | _WRITE_RIGHTS_OR_OWNER)


def changers(path: str, *, is_ancestor: bool = False) -> set[str]:
    """Return the accounts, administrators not, that could change ``path``, in words.

    Empty, too, where the rights cannot be read: what is not there, nobody executes. Links are not followed.
    """
    return _changers(path, is_ancestor)


def readers(path: str) -> set[str]:
    """Return the accounts, administrators and on POSIX the owner not, that could read a file, in words."""
    return _readers(path)


def ancestors(path: str) -> Iterator[str]:
    """Yield the folders above ``path``, the drive's root last."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _granted(sddl: str, wanted: int) -> set[str]:
    """Return who has one of the wanted rights, or could give it to himself; administrators not."""
    owner, dacl = _parts(sddl)
    found = {owner} if owner else set()
    if dacl is None or "NO_ACCESS_CONTROL" in dacl:
        found.add("WD")
    for ace in _ACE.finditer(dacl or ""):
        if ace["kind"] in ("A", "XA") and "IO" not in _pairs(ace["flags"]) and _bits(ace["rights"]) & wanted:
            found.add(ace["sid"])
    return {sid for sid in found if not _is_trusted(sid)}


def _is_trusted(sid: str) -> bool:
    if sid in _TRUSTED or sid.startswith(_TRUSTED_KINDS):
        return True
    return sid.startswith("S-") and sid.endswith(_TRUSTED_ENDS)


def _parts(sddl: str) -> "tuple[str, str | None]":
    owner = re.match(r"O:(S-[\d-]+|[A-Z]{2})", sddl)
    dacl = re.search(r"(?:^|[A-Z0-9)])D:(.*?)(?=S:[A-Z]*\(|S:[A-Z]*$|$)", sddl, re.DOTALL)
    return owner[1] if owner else "", dacl[1] if dacl else None


def _bits(rights: str) -> int:
    if rights.startswith("0x"):
        return int(rights, 16)
    if not rights.isalpha():
        return int(rights or "0")
    bits = 0
    for pair in _pairs(rights):
        bits |= _RIGHT_BITS.get(pair, 0)
    return bits


def _pairs(letters: str) -> list[str]:
    return [letters[start : start + 2] for start in range(0, len(letters), 2)]


if sys.platform == "win32":
    import ctypes

    _FILE_OBJECT, _OWNER_AND_DACL, _REVISION = 1, 5, 1

    def _changers(path: str, is_ancestor: bool) -> set[str]:
        sddl = security_of(path)
        return _in_words(changers_in(sddl, is_ancestor=is_ancestor)) if sddl else set()

    def _readers(path: str) -> set[str]:
        sddl = security_of(path)
        return _in_words(readers_in(sddl)) if sddl else set()

    def _in_words(sids: set[str]) -> set[str]:
        from scheduler_runner.rights.accounts import is_orphan, name_of

        return {_NAMES.get(sid) or name_of(sid) for sid in sids if sid in _NAMES or not is_orphan(sid)}

    def security_of(path: str) -> str:
        """Return owner and rights of ``path`` in Windows' security descriptor language; ``""`` where unreadable."""
        descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
        advapi32, free = ctypes.windll.advapi32, ctypes.windll.kernel32.LocalFree
        if advapi32.GetNamedSecurityInfoW(
            ctypes.c_wchar_p(path), _FILE_OBJECT, _OWNER_AND_DACL, None, None, None, None, ctypes.byref(descriptor)
        ):
            return ""
        told = advapi32.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, _REVISION, _OWNER_AND_DACL, ctypes.byref(text), None
        )
        free(descriptor)
        answer = (text.value or "") if told else ""
        free(ctypes.cast(text, ctypes.c_void_p))
        return answer

else:

    def _changers(path: str, is_ancestor: bool) -> set[str]:
        from scheduler_runner.rights.accounts import name_of

        try:
            status = os.lstat(path)
        except OSError:
            return set()
        found = {name_of(str(status.st_uid))} if status.st_uid else set()
        is_sticky = is_ancestor and bool(status.st_mode & stat.S_ISVTX)
        if stat.S_ISLNK(status.st_mode) or is_sticky:
            return found
        found |= _others(path, status, stat.S_IWGRP, stat.S_IWOTH, 2)
        return found if is_ancestor or not stat.S_ISDIR(status.st_mode) else found | _heirs(path, status)

    def _readers(path: str) -> set[str]:
        try:
            status = os.lstat(path)
        except OSError:
            return set()
        return _others(path, status, stat.S_IRGRP, stat.S_IROTH, 4)

    def _others(path: str, status: os.stat_result, group: int, everyone: int, permission: int) -> set[str]:
        """Return who beside the owner may do it: by the mode's bits, and by a list of its own, where there is one."""
        found = {"everyone"} if status.st_mode & everyone else set()
        if not status.st_mode & group:
            return found  # which is the most that a list may grant, too
        listed = _listed(path, "access") or [(_ACL_OWNING_GROUP, permission, 0)]
        return found | _granted_to(listed, status, permission)

    def _heirs(path: str, status: os.stat_result) -> set[str]:
        """Return who could change what is made in a folder later: a list that it hands down overrules the umask."""
        listed = _listed(path, "default")
        most = next((granted for tag, granted, _ in listed if tag == _ACL_MASK), 7)
        found = {"everyone"} if any(tag == _ACL_OTHER and granted & 2 for tag, granted, _ in listed) else set()
        return found | _granted_to(listed, status, 2 & most)

    def _granted_to(listed: list[tuple[int, int, int]], status: os.stat_result, permission: int) -> set[str]:
        found: set[str] = set()
        for tag, granted, number in listed:
            if granted & permission and tag == _ACL_USER:
                found |= _account(number)
            elif granted & permission and tag in (_ACL_OWNING_GROUP, _ACL_GROUP):
                found |= _group(status.st_gid if tag == _ACL_OWNING_GROUP else number)
        return found

    def _account(number: int) -> set[str]:
        from scheduler_runner.rights.accounts import name_of

        return {name_of(str(number))} if number else set()

    def _group(number: int) -> set[str]:
        """Return a group in words; nothing for root's, and for one that nobody but root is in."""
        import grp
        import pwd

        if number == 0:
            return set()
        try:
            group = grp.getgrgid(number)
        except KeyError:
            return {f"group {number}"}
        members = {*group.gr_mem, *(account.pw_name for account in pwd.getpwall() if account.pw_gid == number)}
        return {f"group {group.gr_name}"} if members - {"root"} else set()

    # As Linux has them in linux/posix_acl.h and posix_acl_xattr.h.
    _ACL_USER, _ACL_OWNING_GROUP, _ACL_GROUP, _ACL_MASK, _ACL_OTHER = 0x02, 0x04, 0x08, 0x10, 0x20
    _ACL_HEAD_BYTES, _ACL_ENTRY = 4, "<HHI"

    def _listed(path: str, kind: str) -> list[tuple[int, int, int]]:
        """Return the entries of an access control list: tag, permission, number; none where there is no list."""
        import struct

        try:
            content = os.getxattr(path, f"system.posix_acl_{kind}", follow_symlinks=False)
        except (OSError, AttributeError):
            return []
        return [
            (tag, granted, number) for tag, granted, number in struct.iter_unpack(_ACL_ENTRY, content[_ACL_HEAD_BYTES:])
        ]
