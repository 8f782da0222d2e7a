"""The answers of Windows Update: every code that its documentation lists, and some that nobody listed.

No Windows Update answered here: the answers are written as the script writes them.
"""

import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from scheduler_runner.system.programs import Finished
from scheduler_runner.tasks.system_updates import pending_restart, windows_updates
from scheduler_runner.tasks.system_updates.update_values import Kind, Trouble
from scheduler_runner.tasks.system_updates.windows_results import NAMES, ResultCode, meaning_of
from scheduler_runner.tasks.system_updates.windows_updates import WindowsUpdates, end_of_support, judged, parsed_answer

SCRIPT = Path(windows_updates.__file__).with_name("windows_update.ps1")


@pytest.fixture(autouse=True)
def nothing_pending(tmp_path, monkeypatch):
    monkeypatch.setattr(pending_restart, "PLACE", r"SOFTWARE\none" if sys.platform == "win32" else str(tmp_path))


def recorded(text: str, err: str = "", exit_code: int = 0) -> Finished:
    return Finished(exit_code, text, err, 0.1)


def answer(result_code: "int | None" = None, hresult: int = 0, **values) -> dict:
    signed = hresult - (1 << 32) if hresult >= 1 << 31 else hresult  # as .NET has it
    code = {} if result_code is None else {"result_code": result_code}
    return dict(parsed_answer(recorded(json.dumps({**code, "hresult": signed, **values}))))


def trouble_of(*args, stage: str = "install", **values) -> Trouble:
    with pytest.raises(Trouble) as caught:
        judged(answer(*args, **values), stage)
    return caught.value


@pytest.mark.parametrize("stage", ["search", "download", "install"])
def test_success_with_and_without_errors_is_success(stage):
    assert judged(answer(2), stage) is ResultCode.SUCCEEDED
    assert judged(answer(3, 0x00240003), stage) is ResultCode.SUCCEEDED_WITH_ERRORS
    assert judged(answer(2, 0x00240005), stage) is ResultCode.SUCCEEDED


@pytest.mark.parametrize(
    ("code", "kind", "told", "logged"),
    [
        (0, Kind.FAILED, "не выполнено, ответ NOT_STARTED", "result=NOT_STARTED hresult=0x00000000"),
        (1, Kind.BUSY, "идёт другая установка обновлений", "result=IN_PROGRESS"),
        (4, Kind.FAILED, "не выполнено, ответ FAILED", "result=FAILED"),
        (5, Kind.FAILED, "прервано", "result=ABORTED"),
        (6, Kind.FAILED, "не выполнено, ответ unknown (6)", "result=unknown (6)"),
        (-7, Kind.FAILED, "не выполнено, ответ unknown (-7)", "result=unknown (-7)"),
    ],
)
def test_every_other_result_code_is_a_trouble(code, kind, told, logged):
    trouble = trouble_of(code)
    assert (trouble.kind, trouble.told) == (kind, told)
    assert logged in str(trouble)


BUSY = [
    "WU_E_OPERATIONINPROGRESS",
    "WU_E_INSTALL_NOT_ALLOWED",
    "WU_E_SELFUPDATE_IN_PROGRESS",
    "WU_E_SERVICE_STOP",
    "WU_E_SYSPREP_IN_PROGRESS",
    "WU_E_SETUP_IN_PROGRESS",
    "WU_S_UH_INSTALLSTILLPENDING",
]
HOPELESS = [
    "WU_E_NO_SERVICE",
    "WU_E_NO_CONNECTION",
    "WU_E_TIME_OUT",
    "WU_E_USER_ACCESS_DISABLED",
    "WU_E_WU_DISABLED",
    "WU_E_CALL_CANCELLED_BY_POLICY",
    "WU_E_INVALID_PROXY_SERVER",
    "WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED",
]


KINDS = {
    **dict.fromkeys((0x80242014, 0x8024D015, 0x80070BC9, 0x80070BC2), Kind.RESTART_FIRST),
    **dict.fromkeys((0x80240017, 0x8024000C, 0x80240024, 0x00240006, 0x8024D009), Kind.NOT_NEEDED),
    **dict.fromkeys((0x80240438, 0x8024500C, 0x80072EFF, 0x80072F76, 0x80246008, 0x8007000E), Kind.HOPELESS),
    **dict.fromkeys((0x80073712, 0x80070643, 0x80070020, 0x8024200D), Kind.FAILED),
    0x800705B4: Kind.OUT_OF_TIME,
}


@pytest.mark.parametrize("code", sorted(NAMES), ids=hex)
def test_every_documented_code_is_named_in_the_log_and_told(code):
    name = NAMES[code]
    trouble = trouble_of(4, code, message="as Windows says it")
    assert f"hresult=0x{code:08X} {name} as Windows says it" in str(trouble)
    if name in BUSY:
        assert trouble.kind is Kind.BUSY
    elif code in KINDS:
        assert trouble.kind is KINDS[code]
        assert "0x" not in trouble.told
    elif name in HOPELESS or "_PT_" in name or not name.startswith("WU_"):
        assert trouble.kind is Kind.HOPELESS
        assert "0x" not in trouble.told
    else:
        assert (trouble.kind, trouble.told) == (Kind.FAILED, f"ошибка 0x{code:08X}")


def test_documented_codes_are_all_there():
    documented = {*range(0x00240001, 0x00240009), *range(0x80240001, 0x8024004B), *range(0x80244016, 0x80244025)}
    gaps = {0x80240015, 0x8024001C, *range(0x8024003A, 0x80240040)}  # the documentation has none of these
    more = {0x00242015, 0x80240FFF, 0x8024402B, 0x8024402C}
    assert {code for code in NAMES if NAMES[code].startswith("WU_")} >= documented - gaps | more


@pytest.mark.parametrize("code", [0x800F0922, 0xFFFFFFFF, 0x00249999])
def test_unknown_code_fails_that_update_alone_and_is_shown(code):
    trouble = trouble_of(4, code)
    assert (trouble.kind, trouble.told) == (Kind.FAILED, f"ошибка 0x{code:08X}")
    assert meaning_of(code).name == ""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0x80070005, "нет прав администратора"),
        (0x80070070, "нет места на диске"),
        (0x80070422, "служба Windows Update отключена или повреждена"),
        (0x80072EFD, "нет связи с сервером обновлений"),
        (0x8024402D, "нет связи с сервером обновлений"),
        (0x80072F8F, "сервер обновлений не признан: верны ли дата и время на компьютере?"),
    ],
)
def test_exception_without_result_code_is_told_by_its_code(code, told):
    assert trouble_of(None, code, message="it threw", stage="search").told == told


def test_refused_installation_is_put_down_to_the_restart_where_one_is_due(monkeypatch):
    assert trouble_of(4, 0x80240016).kind is Kind.BUSY
    monkeypatch.setattr(windows_updates, "restart_reasons", lambda: ["RebootRequired"])
    assert trouble_of(4, 0x80240016).kind is Kind.RESTART_FIRST


def search(text: str, tmp_path: Path):
    """Search with a program that writes a text instead of PowerShell."""
    (tmp_path / "answer.json").write_text(text, "ascii")
    code = "import sys; print(open(sys.argv[1]).read())"
    return WindowsUpdates((sys.executable, "-c", code, str(tmp_path / "answer.json"))).search()


def test_updates_are_read_with_number_size_importance_and_what_a_person_must_do(tmp_path):
    security, critical = "0fa1201d-4330-4fa8-8ae9-b877473b6441", "E6CF1350-C01B-414D-A61F-263D14D133B4"
    upgrade = "3689BDC8-B205-4AF4-8D00-A63B0DFD8C6D"
    entries = [
        {"id": "a", "revision": 2, "title": "\u041e (KB1)", "kb": ["1"], "size": 5, "categories": [security]},
        {"id": "b", "title": "Driver", "kb": [], "categories": [critical]},
        {"id": "c", "title": "Other", "kb": ["3", "4"], "categories": [], "severity": "Critical"},
        {"id": "d", "title": "Other", "kb": ["5"], "categories": [], "severity": "Important"},
        {"id": "e", "title": "Windows 12", "kb": ["6"], "categories": [upgrade, security]},
        {"id": "f", "title": "Asks", "kb": ["7"], "categories": [security], "asks": True},
    ]
    text = json.dumps({"result_code": 2, "hresult": 0, "updates": entries})
    found = search(text, tmp_path)
    assert found.is_complete
    assert [update.name for update in found.updates] == ["KB1", "Driver", "KB3", "KB5", "KB6", "KB7"]
    assert [update.is_important for update in found.updates] == [True, True, True, False, True, True]
    assert [bool(update.by_hand) for update in found.updates] == [False, False, False, False, True, True]
    first = found.updates[0]
    assert (first.id, first.revision, first.title, first.size_bytes) == ("a", 2, "О (KB1)", 5)


def test_search_with_errors_is_incomplete(tmp_path):
    assert not search('{"result_code":3,"hresult":0,"updates":[]}', tmp_path).is_complete


def test_size_that_counts_every_variant_asks_for_a_sensible_amount_of_space():
    entry = {"id": "a", "title": "KB1", "kb": ["1"], "size": 86_512_190_000}
    update = windows_updates.parsed_update(entry)
    assert WindowsUpdates().needed_bytes(update) == 5 * 1024**3


@pytest.mark.parametrize(
    ("finished", "told"),
    [
        (recorded(""), "(exit code 0): it wrote nothing"),
        (recorded("", "running scripts is disabled\r\n", 1), "(exit code 1): running scripts is disabled"),
        (recorded("[1]\nnull\n"), "[1] null"),
    ],
)
def test_powershell_without_an_answer_is_told_with_what_it_wrote(finished, told):
    with pytest.raises(Trouble) as caught:
        parsed_answer(finished)
    assert told in str(caught.value)
    assert caught.value.kind is Kind.HOPELESS


def test_answer_is_found_among_other_lines():
    assert parsed_answer(recorded('{"a":1}\r\nWARNING: x\r\n{"result_code":2}\r\n\r\n'))["result_code"] == 2


def test_entry_that_is_no_update_is_a_trouble(tmp_path):
    with pytest.raises(Trouble, match="described as 5"):
        search('{"result_code":2,"updates":[5]}', tmp_path)


def test_pc_without_powershell_is_told_in_one_sentence(tmp_path):
    missing = str(tmp_path / "powershell.exe")
    with pytest.raises(Trouble) as caught:
        WindowsUpdates((missing,)).search()
    assert missing in str(caught.value)
    assert caught.value.told == "не запускается Windows PowerShell, без него нет обновлений"


def test_agent_that_never_answers_is_given_up(tmp_path):
    silent = WindowsUpdates((sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(Trouble) as caught:
        silent.download(windows_updates.parsed_update({"id": "a", "title": "KB1"}), 0.5)
    assert caught.value.kind is Kind.OUT_OF_TIME


@pytest.mark.skipif(sys.platform != "win32", reason="Windows alone has its PowerShell where it is looked for")
@pytest.mark.slow
@pytest.mark.timeout(900)  # the agent's search takes minutes
def test_powershell_of_this_pc_understands_the_script_unless_it_is_wines():
    """Wine has a PowerShell that says nothing; a real one answers the search, or why it cannot."""
    import ctypes

    text = ""
    try:
        WindowsUpdates().search()
    except Trouble as trouble:
        text = str(trouble)
    is_wine = hasattr(ctypes.windll.ntdll, "wine_get_version")
    assert ("gave no answer (exit code 0): it wrote nothing" in text) == is_wine
    assert ("gave no answer" in text) == is_wine


def test_script_is_ascii_and_names_no_stage_that_is_not_known():
    text = SCRIPT.read_bytes().decode("ascii")
    stages = re.search(r"ValidateSet\(([^)]*)\)", text)[1]
    assert re.findall(r"'(\w+)'", stages) == ["search", "download", "install"]
    assert all(f"'{stage}' {{ Write-Answer" in text for stage in ("search", "download", "install"))


@pytest.mark.parametrize(
    ("build", "edition", "is_over"),
    [(19045, "Core", True), (19045, "Professional", True), (17763, "EnterpriseS", False), (17763, "ServerStandard", False),
     (26100, "Core", False), (0, "", False)],
)  # fmt: skip
def test_windows_that_gets_no_updates_any_more_is_told(build, edition, is_over):
    assert bool(end_of_support(build, edition, date(2026, 11, 26))) is is_over
    assert end_of_support(build, edition, date(2025, 1, 1)) == ""
