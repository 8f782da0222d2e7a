"""Files that must not be lost: copied whole or not at all, deleted only below a root, never through a link."""

import errno
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.folders import is_link, leads_elsewhere

_CHUNK_BYTES = 1024 * 1024
_PARTIAL = re.compile(r"\.(?P<name>.+)\.(?P<host>[\w-]+)\.(?P<pid>\d+)\.partial")


class SourceChanged(SchedulerError):
    """The file grew or shrank while it was read."""


class TargetDiffers(SchedulerError, OSError):
    """What was written cannot be read back as it was."""


def long_path(path: str) -> str:
    r"""Return ``path`` absolute and, on Windows, in the form (``\\?\``) that may be longer than 260 characters."""
    return _long_path(os.path.abspath(path))


def plain_path(path: str) -> str:
    r"""Return ``path`` as people write it and as it is compared: without what :func:`long_path` put before it.

    >>> plain_path(r"\\?\UNC\nas\camera"), plain_path(r"\\?\D:\camera"), plain_path("/camera")
    ('\\\\nas\\camera', 'D:\\camera', '/camera')
    """
    if path.startswith("\\\\?\\UNC\\"):
        return "\\\\" + path[8:]
    return path[4:] if path.startswith("\\\\?\\") else path


def list_folder(path: str) -> Iterator["os.DirEntry[str]"]:
    """Yield the entries of a folder that are no links or junctions. Raises ``OSError``."""
    with os.scandir(path) as entries:
        for entry in entries:
            if not is_linked(entry):
                yield entry


def file_size(entry: "os.DirEntry[str]") -> int:
    """Return a file's size; on Windows it came with the listing, on POSIX it is one question to the file system."""
    return entry.stat(follow_symlinks=False).st_size


def partial_name(name: str) -> str:
    """Return the temporary name of a file that this process is copying."""
    return f".{name}.{host_name()}.{os.getpid()}.partial"


def is_partial(name: str, host: str | None = None) -> bool:
    """Return whether ``name`` is that of an unfinished copy; with ``host``, one by that PC."""
    match = _PARTIAL.fullmatch(name)
    return match is not None and (host is None or match["host"] == host)


def host_name() -> str:
    """Return this PC's name, in letters that a file's name may have."""
    import platform

    return re.sub(r"[^\w-]", "_", platform.node() or "pc")


def copy_file(
    source: str,
    target: str,
    *,
    throttle: Callable[[int], None] = lambda size: None,
    is_verified: bool = False,
    least_age_seconds: float = 0.0,
    before_rename: Callable[[], None] = lambda: None,
) -> os.stat_result:
    """Copy ``source`` to ``target`` so that ``target`` is whole whenever it is there; return what of.

    That is the status of the source as it was copied: the listing of its folder may be older.

    Written under a temporary name in the same folder, flushed, given the source's times, its size looked at, then
    renamed; ``target`` is replaced. ``throttle`` is called with the number of bytes before they are written, and
    ``before_rename`` when all else is done; ``is_verified``: what was written is read back first. Raises ``OSError``,
    :class:`TargetDiffers`, or :class:`SourceChanged` where the recorder is still writing, or may be, as the source was
    modified less than ``least_age_seconds`` ago; then ``target`` is as it was.
    """
    partial = os.path.join(os.path.dirname(target), partial_name(os.path.basename(target)))
    with open(source, "rb", buffering=0) as reading:
        before = os.fstat(
            reading.fileno()
        )  # of a file that is still written, the listing of a folder may be out of date
        if 0 <= time.time() - before.st_mtime < least_age_seconds:
            raise SourceChanged("{path}: modified just now", path=source)
        try:
            _write_partial(reading.fileno(), before, partial, throttle)
            if is_verified and file_hash(partial) != file_hash(source):
                raise TargetDiffers("{path}: what was written reads back differently", path=target)
            if not _POSIX:
                _set_times(partial, before)
            before_rename()
            replace_file(partial, target)
        except BaseException:
            _remove_quietly(partial)
            raise
    return before


def replace_file(partial: str, target: str) -> None:
    """Rename within a folder; on Windows wait a moment for a reader or a virus scanner that has ``target`` open."""
    _replace(partial, target)


def file_hash(path: str) -> str:
    """Return the SHA-256 of a file's content."""
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def delete_file(root: str, path: str) -> None:
    """Delete one file below ``root``, read-only or not. Raises ``OSError``; ``ValueError`` outside the root."""
    _require_below(root, path)
    _unlink(path)


def delete_files(root: str, folder: str, names: Iterable[str]) -> list[tuple[str, OSError]]:
    """Delete files of one ``folder`` below ``root``; return those that could not be, each with its error.

    One that is gone already is no error. Raises ``ValueError`` where the folder is not below the root, or is a link;
    ``FileNotFoundError`` where the folder is gone.
    """
    _require_below(root, os.path.join(folder, "file"))
    failed: list[tuple[str, OSError]] = []
    for name in names:
        try:
            # Once one of them was waited for in vain, whatever holds it may hold thousands.
            _unlink(os.path.join(folder, name), is_patient=not failed)
        except FileNotFoundError:
            if not os.path.isdir(folder):
                raise
        except OSError as error:
            failed.append((name, error))
    return failed


def delete_folder_if_empty(root: str, path: str) -> bool:
    """Delete an empty folder below ``root``; return whether it is gone. Raises ``ValueError`` outside the root."""
    _require_below(root, path)
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def delete_tree(root: str, path: str) -> None:
    """Delete a folder below ``root`` and all that is in it; what its links lead to stays.

    Raises ``OSError``; ``ValueError`` outside the root or behind a link.
    """
    _require_below(root, os.path.join(path, "file"))
    shutil.rmtree(path)


def is_drive_root(path: str) -> bool:
    """Return whether ``path`` is the root of a file system's tree or of a drive: no place to delete below."""
    whole = os.path.abspath(path)
    return os.path.dirname(whole) == whole


def free_bytes(path: str) -> int | None:
    """Return the free space below ``path``; ``None`` where the drive does not tell (some cloud drives say zero)."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return None
    return usage.free if usage.total else None


def _require_below(root: str, path: str) -> None:
    """Refuse what is not strictly below the root, by its name or through a link on the way."""
    top = os.path.abspath(root)
    whole = os.path.abspath(path)
    if is_drive_root(top) or not whole.startswith(top + os.sep):
        raise ValueError(f"{path} is not below {root}: nothing is deleted there")
    folder = os.path.dirname(whole)
    while len(folder) > len(top):
        if is_link(folder):
            raise ValueError(f"{folder} is a link: nothing is deleted behind it")
        folder = os.path.dirname(folder)


def _write_partial(reading: int, before: os.stat_result, partial: str, throttle: Callable[[int], None]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    writing = os.open(partial, flags, 0o644)
    try:
        written = 0
        # One that grows as fast as it is read would never end.
        while written <= before.st_size and (chunk := os.read(reading, _CHUNK_BYTES)):
            throttle(len(chunk))
            view = memoryview(chunk)
            while view:
                view = view[os.write(writing, view) :]
            written += len(chunk)
        if written != before.st_size or os.fstat(reading).st_size != before.st_size:
            raise SourceChanged("{path}: the source changed while it was read", path=partial)
        if _POSIX:
            _set_times(writing, before)
        os.fsync(writing)
        if os.fstat(writing).st_size != written:
            raise TargetDiffers(
                "{path}: {written} bytes were written, {there} are there",
                path=partial,
                written=written,
                there=os.fstat(writing).st_size,
            )
    finally:
        os.close(writing)


def _set_times(target: "int | str", source: os.stat_result) -> None:
    try:
        os.utime(target, ns=(source.st_atime_ns, source.st_mtime_ns))
    except OSError:
        pass  # a drive without times: sizes are what is compared


def _remove_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # the drive may be gone; a later run finds it


if sys.platform == "win32":
    _POSIX = False
    _HELD = {32, 33}  # sharing violation, lock violation
    _REFUSED = {5, *_HELD}  # a target that somebody reads may be refused as access denied, too
    _PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)

    def _long_path(path: str) -> str:
        if path.startswith("\\\\?\\"):
            return path
        return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path

    def is_linked(entry: "os.DirEntry[str]") -> bool:
        """Return whether an entry of a folder is a link or junction."""
        try:
            return leads_elsewhere(entry.stat(follow_symlinks=False))
        except OSError:
            return False

    def is_held(error: OSError) -> bool:
        """Return whether an error says that another program has a file open and shares it with nobody."""
        return error.winerror in _HELD

    def is_shared_with_nobody(path: str) -> bool:
        """Return whether another program has a file open and shares it with nobody; ``open`` only tells a refusal."""
        import ctypes

        read, share_all, open_existing = 0x80000000, 7, 3
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(ctypes.c_wchar_p(path), read, share_all, None, open_existing, 0, None)
        if handle != ctypes.c_void_p(-1).value:
            kernel.CloseHandle(ctypes.c_void_p(handle))
            return False
        return ctypes.get_last_error() in _HELD

    def _replace(partial: str, target: str) -> None:
        _insist(lambda: os.replace(partial, target), target, _REFUSED)

    def _unlink(path: str, is_patient: bool = True) -> None:
        try:
            os.unlink(path)
        except OSError as error:
            if is_held(error) and is_patient:
                _insist(lambda: os.unlink(path), path, _HELD)
            elif isinstance(error, PermissionError) and not is_link(path):
                _make_writable(path)  # what is read-only is not deleted
                os.unlink(path)
            else:
                raise

    def _insist(act: Callable[[], None], path: str, refused: set[int]) -> None:
        """Do what is refused as long as a reader or a virus scanner has the file open: that is soon over."""
        for pause in _PAUSES_SECONDS:
            try:
                act()
                return
            except OSError as error:
                if error.winerror not in refused:
                    raise
                _make_writable(path)
                time.sleep(pause)
        act()

    def _make_writable(target: str) -> None:
        try:
            os.chmod(target, stat.S_IWRITE)
        except OSError:
            pass

else:
    _POSIX = True

    def _long_path(path: str) -> str:
        return path

    def is_linked(entry: "os.DirEntry[str]") -> bool:
        """Return whether an entry of a folder is a link."""
        return entry.is_symlink()

    def is_held(error: OSError) -> bool:
        """Return whether an error says that a file is shared with nobody: there is no such thing on POSIX."""
        return False

    def is_shared_with_nobody(path: str) -> bool:
        """Return whether a file is shared with nobody: there is no such thing on POSIX."""
        return False

    def _replace(partial: str, target: str) -> None:
        os.replace(partial, target)

    def _unlink(path: str, is_patient: bool = True) -> None:
        os.unlink(path)


_FULL_ERRNOS = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FULL_WINERRORS = {39, 112, 1295}  # handle disk full, disk full, quota exceeded


def is_full(error: OSError) -> bool:
    """Return whether an error says that the destination has no room left."""
    return error.errno in _FULL_ERRNOS or getattr(error, "winerror", None) in _FULL_WINERRORS
