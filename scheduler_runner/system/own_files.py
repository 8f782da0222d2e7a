"""Files that decide something: records, marks, results, notes. Opened so that no other account has a say in them.

In the place of such a file another account may have put a link, a pipe that is waited for without end, a device, a
second name of somebody's file, gigabytes, or simply a file of its own. None of these is opened; nothing is written
through one.
"""

import os
import stat
import sys

from scheduler_runner.system.folders import NotOurs, is_link, is_trusted

_UNHURRIED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_READ_BYTES = 64 * 1024


def open_own(path: str, flags: int = os.O_RDONLY, mode: int = 0o644, *, is_anyones: bool = False) -> int:
    """Open a plain file and return its descriptor; nothing is waited for, no link followed.

    The file has to belong to this account, to root or administrators; ``is_anyones``: to anybody, as what it holds
    decides nothing. Raises ``OSError``, :class:`NotOurs` among them.
    """
    if _IS_WINDOWS and is_link(path):  # the others have O_NOFOLLOW
        raise NotOurs("{path} is a link: a plain file is needed there", path=path)
    descriptor = os.open(path, flags | _UNHURRIED, mode)
    try:
        require_plain(path, os.fstat(descriptor))
        if not is_anyones and not _is_ours(descriptor):
            raise NotOurs("{path} belongs to another account: what it says is left alone", path=path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_own(path: str, most_bytes: int, *, is_anyones: bool = False) -> bytes:
    """Return the content of a file that may decide something; see :func:`open_own`.

    Raises ``OSError``, :class:`NotOurs` also where the file is larger than ``most_bytes`` or has a second name.
    """
    descriptor = open_own(path, is_anyones=is_anyones)
    try:
        if os.fstat(descriptor).st_nlink > 1:
            raise NotOurs("{path} is a second name of another file: what it says is left alone", path=path)
        content = b""
        while len(content) <= most_bytes and (chunk := os.read(descriptor, _READ_BYTES)):
            content += chunk
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise NotOurs("{path} is larger than {most} bytes: no such file is", path=path, most=most_bytes)
    return content


def write_whole(path: str, content: bytes, *, is_durable: bool = False) -> None:
    """Put ``content`` in the place of whatever stands at ``path``, whole or not at all. Raises ``OSError``.

    ``is_durable``: it is on the disk before the old content is gone. Who writes here holds a lock, so that one
    temporary name will do, and a kill leaves no second file.
    """
    from scheduler_runner.system.filesystem import replace_file  # late: who only reads needs none of its modules

    partial = partial_path(path)
    descriptor = _open_new(partial)
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            if is_durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        replace_file(partial, path)
    except OSError:
        remove_quietly(partial)
        raise


def partial_path(path: str) -> str:
    """Return the name under which :func:`write_whole` writes; a kill may leave it."""
    return f"{path}.tmp"


def remove_quietly(path: str) -> None:
    """Remove a file; one that is gone, or cannot be removed, is no error."""
    try:
        os.remove(path)
    except OSError:
        pass


def is_plain(path: str) -> bool:
    """Return whether a plain file of this account's, of root's or administrators' stands at ``path``."""
    try:
        os.close(open_own(path))
    except OSError:
        return False
    return True


def require_plain(path: str, status: os.stat_result) -> None:
    """Raise :class:`NotOurs` where a status is that of a folder, a link, a pipe or a device."""
    if not stat.S_ISREG(status.st_mode):
        raise NotOurs("{path} is no plain file: one is needed there", path=path)


def private_folder() -> str:
    """Return a folder that belongs to this account alone, made where it is missing. Raises ``OSError``.

    For the rare case that the logs' folder takes nothing: not for what has to outlive a restart.
    """
    folder = private_folder_path()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if is_link(folder) or not _is_private(folder):
        raise NotOurs("{path} is no private folder of this account", path=folder)
    return folder


def private_folder_path() -> str:
    """Return where :func:`private_folder` is, or would be; what is read there needs the care of :func:`read_own`."""
    return _private_folder()


def name_among_installations(folder: str) -> str:
    """Return a short name for a folder, by which the private folder tells what belongs to it from what does not.

    FNV-1a of its path, and no checksum of the library's, for which each idle tick would load ``zlib``.
    """
    number = 2166136261
    for byte in os.path.abspath(folder).encode("utf-8", "replace"):
        number = ((number ^ byte) * 16777619) % 2**32
    return f"{number:08x}"


def _open_new(path: str) -> int:
    """Make a file that was not there: what stands in its place, a link or a pipe, is put away, not written to."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _UNHURRIED
    try:
        return os.open(path, flags, 0o644)
    except FileExistsError:
        os.remove(path)
        return os.open(path, flags, 0o644)


if sys.platform == "win32":
    _IS_WINDOWS = True
    _OWNER = 1
    _FILE_OBJECT = 1
    # By number, as names are translated: SYSTEM, Administrators; everyone owns what lies on a drive without rights.
    _TRUSTED_SIDS = frozenset({"S-1-5-18", "S-1-5-32-544", "S-1-1-0"})

    def _is_ours(descriptor: int) -> bool:
        import ctypes
        import msvcrt

        owner, security = ctypes.c_void_p(), ctypes.c_void_p()
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))
        if ctypes.windll.advapi32.GetSecurityInfo(
            handle, _FILE_OBJECT, _OWNER, ctypes.byref(owner), None, None, None, ctypes.byref(security)
        ):
            return True  # a drive that knows no owners
        try:
            sid = _sid_text(owner)
        finally:
            ctypes.windll.kernel32.LocalFree(security)
        return sid in _TRUSTED_SIDS or sid == _own_sid()

    def _sid_text(sid: object) -> str:
        import ctypes

        text = ctypes.c_wchar_p()
        if not ctypes.windll.advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
            return ""
        answer = text.value or ""
        ctypes.windll.kernel32.LocalFree(ctypes.cast(text, ctypes.c_void_p))
        return answer

    def _own_sid() -> str:
        """Return the SID of the account that this process runs as."""
        import ctypes

        process = ctypes.c_void_p(ctypes.windll.kernel32.GetCurrentProcess())
        token, size = ctypes.c_void_p(), ctypes.c_ulong()
        if not ctypes.windll.advapi32.OpenProcessToken(process, 8, ctypes.byref(token)):  # TOKEN_QUERY
            return ""
        try:
            buffer = ctypes.create_string_buffer(256)
            user = 1  # TokenUser: a pointer to the SID first
            if not ctypes.windll.advapi32.GetTokenInformation(token, user, buffer, 256, ctypes.byref(size)):
                return ""
            return _sid_text(ctypes.c_void_p.from_buffer(buffer))
        finally:
            ctypes.windll.kernel32.CloseHandle(token)

    def _private_folder() -> str:
        import tempfile

        return os.path.join(os.environ.get("LOCALAPPDATA") or tempfile.gettempdir(), "pvz_scheduler")

    def _is_private(folder: str) -> bool:
        """Leave it to the folder above, which is the profile's: whoever may write there may do anything to it."""
        return True

else:
    _IS_WINDOWS = False

    def _is_ours(descriptor: int) -> bool:
        return is_trusted(os.fstat(descriptor))

    def _private_folder() -> str:
        if os.geteuid() == 0 and os.path.isdir("/run"):
            return "/run/pvz_scheduler"  # where nobody else can have made it before
        # Not by tempfile: nearly every run asks for this path, and that is a dozen modules.
        return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"pvz_scheduler_{os.geteuid()}")  # noqa: S108 - owner and rights are looked at

    def _is_private(folder: str) -> bool:
        status = os.lstat(folder)
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
