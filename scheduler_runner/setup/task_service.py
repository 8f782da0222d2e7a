"""What Task Scheduler has on record, asked through its own interface (COM).

Not through ``schtasks /Query``: that writes in the console's code page, where a Cyrillic path on a Western Windows
becomes question marks, and tells results in the words of Windows' language.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError


class Registered(NamedTuple):
    """An entry as Task Scheduler has it; ``last_result`` is ``None`` where it does not tell."""

    path: str
    xml: str
    last_result: int | None = None


class ServiceUnavailable(SchedulerError):
    """Task Scheduler does not answer, or not to this account."""


if sys.platform == "win32":
    import ctypes
    import uuid
    from ctypes import HRESULT, WINFUNCTYPE, byref, c_long, c_longlong, c_ushort, c_void_p

    _SERVICE_CLASS = "0f87369f-a4e5-4cfc-bd3e-73e6154572dd"
    _SERVICE_INTERFACE = "2faba4c7-4da9-4013-9697-20cc3fd40f85"
    _IN_PROCESS = 1
    _WITH_HIDDEN = 1
    _VT_I4 = 3
    _NOT_THERE = {0x80070002, 0x80070003}
    # Places in the tables of taskschd.h's interfaces, the seven of IUnknown and IDispatch counted.
    _SERVICE_GET_FOLDER, _SERVICE_CONNECT = 7, 10
    _FOLDER_GET_FOLDERS, _FOLDER_GET_TASK, _FOLDER_GET_TASKS = 10, 13, 14
    _COUNT, _ITEM = 7, 8
    _TASK_PATH, _TASK_LAST_RESULT, _TASK_XML = 8, 16, 20

    class _Variant(ctypes.Structure):
        _fields_ = (("kind", c_ushort), ("reserved", c_ushort * 3), ("value", c_longlong), ("more", c_longlong))

    def registered(path: str) -> Registered | None:
        r"""Return the entry ``\folder\name``; ``None`` where there is none that this account may see.

        Raises ``ServiceUnavailable``.
        """
        try:
            return _described(_object(_folder("\\"), _FOLDER_GET_TASK, (_text(path), c_void_p)))
        except OSError as error:
            if _code(error) in _NOT_THERE:
                return None
            raise _unavailable(error) from error

    def all_registered() -> list[Registered]:
        """Return every entry that this account may see, hidden ones, too. Raises ``ServiceUnavailable``."""
        try:
            return list(_below(_folder("\\")))
        except OSError as error:
            raise _unavailable(error) from error

    def _below(folder: c_void_p) -> Iterator[Registered]:
        for task in _items(folder, _FOLDER_GET_TASKS, _WITH_HIDDEN):
            yield _described(task)
        for inner in _items(folder, _FOLDER_GET_FOLDERS, 0):
            yield from _below(inner)

    def _folder(path: str) -> c_void_p:
        ctypes.oledll.ole32.CoInitializeEx(None, 0)
        service = c_void_p()
        ctypes.oledll.ole32.CoCreateInstance(
            _guid(_SERVICE_CLASS), None, _IN_PROCESS, _guid(_SERVICE_INTERFACE), byref(service)
        )
        _call(service, _SERVICE_CONNECT, *[(_Variant(), _Variant)] * 4)
        return _object(service, _SERVICE_GET_FOLDER, (_text(path), c_void_p))

    def _described(task: c_void_p) -> Registered:
        result = c_long()
        try:
            _call(task, _TASK_LAST_RESULT, (byref(result), c_void_p))
            last_result = result.value & 0xFFFFFFFF
        except OSError:
            last_result = None
        return Registered(_string(task, _TASK_PATH), _string(task, _TASK_XML), last_result)

    def _items(folder: c_void_p, method: int, argument: int) -> Iterator[c_void_p]:
        collection = _object(folder, method, (argument, c_long))
        count = c_long()
        _call(collection, _COUNT, (byref(count), c_void_p))
        for number in range(1, count.value + 1):
            yield _object(collection, _ITEM, (_Variant(_VT_I4, value=number), _Variant))

    def _object(owner: c_void_p, method: int, argument: tuple[object, type]) -> c_void_p:
        """Return the object that a method answers. None is ever released: the command ends soon."""
        answer = c_void_p()
        _call(owner, method, argument, (byref(answer), c_void_p))
        return answer

    def _string(owner: c_void_p, method: int) -> str:
        answer = c_void_p()
        _call(owner, method, (byref(answer), c_void_p))
        if not answer.value:
            return ""
        text = ctypes.wstring_at(answer.value)
        ctypes.windll.oleaut32.SysFreeString(answer)
        return text

    def _call(owner: c_void_p, method: int, *arguments: tuple[object, type]) -> None:
        """Call a method by its place in the interface's table. Raises ``OSError`` for its HRESULT."""
        table = ctypes.cast(owner, ctypes.POINTER(ctypes.POINTER(c_void_p))).contents
        prototype = WINFUNCTYPE(HRESULT, c_void_p, *(kind for _, kind in arguments))
        prototype(table[method])(owner, *(value for value, _ in arguments))

    def _text(text: str) -> c_void_p:
        allocate = ctypes.windll.oleaut32.SysAllocString
        allocate.restype = c_void_p
        return c_void_p(allocate(ctypes.c_wchar_p(text)))

    def _guid(text: str) -> "ctypes.Array[ctypes.c_char]":
        return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)

    def _unavailable(error: OSError) -> ServiceUnavailable:
        return ServiceUnavailable(
            "Task Scheduler does not tell its entries (0x{code:08X}): ask as administrator; "
            "`net start Schedule` starts its service",
            code=_code(error),
        )

    def _code(error: OSError) -> int:
        return (error.winerror or 0) & 0xFFFFFFFF

else:

    def registered(path: str) -> Registered | None:
        """Return ``None``: here is no Task Scheduler."""

    def all_registered() -> list[Registered]:
        """Return nothing: here is no Task Scheduler."""
        return []
