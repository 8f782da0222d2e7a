"""Windows Update, driven through PowerShell: ``windows_update.ps1`` asks, this module understands the answers."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from scheduler_runner.system.programs import Finished, run_program
from scheduler_runner.tasks.system_updates.pending_restart import restart_reasons
from scheduler_runner.tasks.system_updates.update_values import Found, Installed, Kind, Trouble, Update
from scheduler_runner.tasks.system_updates.windows_results import ResultCode, hex_code, meaning_of

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "windows_update.ps1")
_SYSTEM_ROOT = os.environ.get("SYSTEMROOT", r"C:\Windows")
_POWERSHELL = (
    os.path.join(_SYSTEM_ROOT, "System32", "WindowsPowerShell", "v1.0", "powershell.exe"),
    *("-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", _SCRIPT),
)
_SEARCH_SECONDS = 1800.0

_SECURITY_UPDATES = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
_CRITICAL_UPDATES = "e6cf1350-c01b-414d-a61f-263d14d133b4"
_UPGRADES = "3689bdc8-b205-4af4-8d00-a63b0dfd8c6d"

_WINDOWS_11 = 22000
_WINDOWS_10_ENDED = date(2025, 10, 14)
_GIBIBYTE = 1024**3
# The agent's size counts every variant of a cumulative update: 80 GB for one of 800 MB are no rarity.
_MOST_DOWNLOADED = 2 * _GIBIBYTE
_UNPACKING = 3 * _GIBIBYTE

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WindowsUpdates:
    """The Windows Update Agent of this PC. ``powershell`` is what the script's arguments are appended to."""

    powershell: tuple[str, ...] = _POWERSHELL

    @property
    def download_folder(self) -> str:
        """Where the agent keeps its downloads; it unpacks beside them."""
        return _SYSTEM_ROOT

    def needed_bytes(self, update: Update) -> int:
        """Return the free space without which the update is not begun."""
        return min(update.size_bytes, _MOST_DOWNLOADED) + _UNPACKING

    def is_privileged(self) -> bool:
        """Return whether this process has administrator's rights."""
        return _is_administrator()

    def search(self) -> Found:
        """Return what the agent's server offers. Takes minutes."""
        answer = self._ask("search", timeout_seconds=_SEARCH_SECONDS)
        code = judged(answer, "search")
        updates = tuple(map(parsed_update, _list(answer, "updates")))
        return Found(
            updates, code is ResultCode.SUCCEEDED, remark=end_of_support(*_windows_here(), datetime.now().date())
        )

    def download(self, update: Update, timeout_seconds: float) -> None:
        """Download one update."""
        judged(self._ask("download", update, timeout_seconds=timeout_seconds), "download")

    def install(self, update: Update) -> Installed:
        """Install one update that is downloaded."""
        answer = self._ask("install", update)
        code = judged(answer, "install")
        return Installed(bool(answer.get("needs_restart")), code is ResultCode.SUCCEEDED_WITH_ERRORS)

    def _ask(
        self, stage: str, update: Update | None = None, timeout_seconds: float | None = None
    ) -> Mapping[str, object]:
        arguments = ("-Id", update.id, "-Revision", str(update.revision)) if update else ()
        argv = (*self.powershell, "-Stage", stage, *arguments)
        try:
            finished = run_program(argv, timeout_seconds=timeout_seconds, is_protected=stage == "install")
        except subprocess.TimeoutExpired:
            text = f"{stage}: Windows Update did not answer within {timeout_seconds:.0f} s"
            raise Trouble(Kind.OUT_OF_TIME, text, "Windows Update долго не отвечает") from None
        except OSError as error:
            text = f"Windows PowerShell cannot be started: {error}: {argv[0]}, a part of Windows, has to be there"
            raise Trouble(Kind.HOPELESS, text, "не запускается Windows PowerShell, без него нет обновлений") from error
        logger.debug("windows update answered stage=%s %s", stage, finished.out.strip())
        answer = parsed_answer(finished)
        codes = f"result={answer.get('result_code')} hresult={hex_code(_number(answer, 'hresult'))}"
        logger.info("windows update answered stage=%s %s seconds=%.1f", stage, codes, finished.seconds)
        return answer


def end_of_support(build: int, edition: str, today: date) -> str:
    """Return, in Russian, that a Windows gets no updates any more; ``""``: it does, or nobody knows.

    The editions with long service, and servers, have dates of their own.

    >>> end_of_support(26100, "Core", date(2026, 11, 26)), end_of_support(19045, "EnterpriseS", date(2026, 11, 26))
    ('', '')
    """
    is_known = 0 < build < _WINDOWS_11 and not edition.endswith("S") and not edition.startswith("Server")
    if not is_known or today < _WINDOWS_10_ENDED:
        return ""
    return f"Windows 10 без обновлений безопасности с {_WINDOWS_10_ENDED:%d.%m.%Y}, если не куплены: нужна Windows 11."


def parsed_answer(finished: Finished) -> Mapping[str, object]:
    """Return the line of JSON among what the script wrote. Raises :class:`Trouble` where there is none."""
    for line in reversed(finished.out.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    wrote = " ".join(f"{finished.out} {finished.err}".split())[:500]
    text = f"Windows PowerShell gave no answer (exit code {finished.exit_code}): {wrote or 'it wrote nothing'}"
    raise Trouble(Kind.HOPELESS, text, "Windows PowerShell не дал ответа, без него нет обновлений")


def judged(answer: Mapping[str, object], stage: str) -> ResultCode:
    """Return with which success a stage ended. Raises :class:`Trouble` for whatever else it says."""
    if answer.get("is_busy"):
        raise Trouble(Kind.BUSY, f"{stage}: another installation is under way", "идёт другая установка обновлений")
    if answer.get("restart_first"):
        raise _restart_first(stage)
    code = _number(answer, "result_code", -1)
    if code in (ResultCode.SUCCEEDED, ResultCode.SUCCEEDED_WITH_ERRORS):
        return ResultCode(code)
    raise _trouble(stage, code, _number(answer, "hresult"), str(answer.get("message", "")))


def _trouble(stage: str, code: int, hresult: int, message: str) -> Trouble:
    meaning = meaning_of(hresult)
    words = f"{stage}: result={_result_name(code)} hresult={hex_code(hresult)} {meaning.name} {message}"
    text = " ".join(words.split())
    if meaning.kind is Kind.BUSY and restart_reasons():
        return _restart_first(stage)
    if meaning.kind is not Kind.FAILED:
        return Trouble(meaning.kind, text, meaning.told)
    if code == ResultCode.IN_PROGRESS:
        return Trouble(Kind.BUSY, text, "идёт другая установка обновлений")
    if code == ResultCode.ABORTED:
        return Trouble(Kind.FAILED, text, "прервано")
    return Trouble(Kind.FAILED, text, meaning.told if hresult else f"не выполнено, ответ {_result_name(code)}")


def _result_name(code: int) -> str:
    try:
        return ResultCode(code).name
    except ValueError:
        return f"unknown ({code})"


def _restart_first(stage: str) -> Trouble:
    return Trouble(Kind.RESTART_FIRST, f"{stage}: Windows has to be restarted first", "сначала нужна перезагрузка")


def parsed_update(entry: object) -> Update:
    """Return an update as the script describes it; raise :class:`Trouble` for what is none."""
    if not isinstance(entry, Mapping):
        raise Trouble(Kind.HOPELESS, f"an update is described as {entry!r}", "непонятный ответ Windows Update")
    title = str(entry.get("title", ""))
    categories = {str(each).lower() for each in _list(entry, "categories")}
    by_hand = ""
    if _UPGRADES in categories:
        by_hand = "a new version of Windows takes hours"
    elif entry.get("asks"):
        by_hand = "it may ask questions"
    elif entry.get("browse"):
        by_hand = "it is offered to who looks for it, such as a preview"
    return Update(
        id=str(entry.get("id", "")),
        name=next((f"KB{number}" for number in _list(entry, "kb")), title),
        title=title,
        is_important=bool(categories & {_SECURITY_UPDATES, _CRITICAL_UPDATES}) or entry.get("severity") == "Critical",
        size_bytes=_number(entry, "size"),
        revision=_number(entry, "revision"),
        by_hand=by_hand,
    )


def _list(values: Mapping[str, object], key: str) -> list[object]:
    value = values.get(key)
    return value if isinstance(value, list) else []


def _number(values: Mapping[str, object], key: str, default: int = 0) -> int:
    value = values.get(key)
    return value if isinstance(value, int) else default


if sys.platform == "win32":

    def _windows_here() -> tuple[int, str]:
        """Return the number of the build and the edition's name."""
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion") as key:
                edition = str(winreg.QueryValueEx(key, "EditionID")[0])
        except OSError:
            edition = ""
        return sys.getwindowsversion().build, edition

    def _is_administrator() -> bool:
        import ctypes

        return bool(ctypes.windll.shell32.IsUserAnAdmin())

else:

    def _windows_here() -> tuple[int, str]:
        return 0, ""

    def _is_administrator() -> bool:
        return os.geteuid() == 0
