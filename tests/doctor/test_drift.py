"""Every drift that the doctor claims to know, made in an entry and found, with its cure."""

from dataclasses import replace

import pytest

from scheduler_runner.doctor.drift import drifts
from scheduler_runner.setup.result_codes import meaning_of
from scheduler_runner.setup.task_entry import SETTINGS, wanted_entry
from scheduler_runner.setup.task_xml import from_xml, to_xml
from tests.setup.conftest import PYTHONW, ROOT, WISH, texts


def found_in(xml: str) -> "list[str]":
    return texts(drifts(from_xml(xml), PYTHONW, ROOT, 5))


def changed(xml: str, old: str, new: str) -> str:
    assert old in xml
    return xml.replace(old, new)


def test_entry_as_installed_has_no_drift(xml):
    assert found_in(xml) == []


def test_letter_case_slashes_and_durations_of_equal_length_are_no_drift(xml):
    same = changed(xml, ROOT, ROOT.lower().replace("\\", "/"))
    same = changed(same, "<Interval>PT5M</Interval>", "<Interval>PT300S</Interval>")
    assert found_in(changed(same, "<ExecutionTimeLimit>PT60M<", "<ExecutionTimeLimit>P0DT3600S<")) == []


def test_limit_of_an_entry_follows_the_longest_timeout_of_its_tasks(xml):
    (found,) = texts(drifts(from_xml(xml), PYTHONW, ROOT, 5, 4 * 3600))
    assert "ExecutionTimeLimit is PT60M, not PT300M" in found
    limited = from_xml(changed(xml, "<ExecutionTimeLimit>PT60M<", "<ExecutionTimeLimit>PT5H<"))
    assert list(drifts(limited, PYTHONW, ROOT, 5, 4 * 3600)) == []
    endless = changed(xml, "<ExecutionTimeLimit>PT60M<", "<ExecutionTimeLimit>PT0S<")
    assert "ExecutionTimeLimit is PT0S" in found_in(endless)[0]


def test_project_on_another_drive_than_its_python_is_no_drift_and_its_move_is():
    python, root = r"C:\Python 3.11\pythonw.exe", "E:\\"
    entry = from_xml(to_xml(wanted_entry(WISH, python, root)))
    assert list(drifts(entry, python, "e:/", 5)) == []
    (found,) = texts(drifts(entry, python, "F:\\", 5))
    assert "the working folder is E:\\, not F:\\" in found


@pytest.mark.parametrize("name", list(SETTINGS))
def test_changed_setting_is_found_with_its_reason_and_cure(xml, name):
    setting = SETTINGS[name]
    other = {"true": "false", "false": "true"}.get(setting.wanted, setting.default)
    entry = from_xml(xml)
    other_entry = replace(entry, settings={**entry.settings, name: other})
    (found,) = found_in(to_xml(other_entry).decode("utf-16"))
    assert f"{name} is {other}, not {setting.wanted}: {setting.why}" in found
    assert found.endswith(f"-> {WISH.command()}")


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.wanted != setting.default])
def test_setting_that_is_left_out_has_task_schedulers_default(xml, name):
    tag = name.rpartition("/")[2]
    (found,) = found_in(changed(xml, f"<{tag}>{SETTINGS[name].wanted}</{tag}>", ""))
    assert f"{name} is {SETTINGS[name].default}, not" in found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (PYTHONW, r"C:\Python311\python.exe", r"the interpreter is C:\Python311\python.exe, not " + PYTHONW),
        (f">{ROOT}<", r">C:\PVZ<", rf"the working folder is C:\PVZ, not {ROOT}"),
        (f">{ROOT}<", f'>"{ROOT}"<', f'the working folder stands in quotes, "{ROOT}"'),
        (f"<WorkingDirectory>{ROOT}</WorkingDirectory>", "", "the working folder is missing"),
        ("--user operator", "--user operator --task CopyScript", "the arguments are -m"),
        (
            "<Interval>PT5M</Interval>",
            "<Interval>PT15M</Interval>",
            "it repeats every 15 minutes, the INI's tick_minutes is 5",
        ),
        (
            "<Interval>PT5M</Interval>",
            "<Interval>PT5M</Interval><Duration>P1D</Duration>",
            "it does not repeat without end",
        ),
        ("LogonTrigger", "IdleTrigger", "it has no start at logon"),
        ("InteractiveToken", "InteractiveTokenOrPassword", "its kind of logon is none that install writes"),
        (r"<URI>\PVZ scheduler\operator", r"<URI>\Мои задания\камеры", r"its name is not \PVZ scheduler\operator"),
    ],
)
def test_changed_entry_is_found(xml, old, new, told):
    found = [line for line in found_in(changed(xml, old, new)) if told in line]
    assert len(found) == 1, found_in(changed(xml, old, new))
    assert WISH.command() in found[0]


def test_system_without_highest_privileges_is_found(xml):
    system = xml.replace("<LogonType>InteractiveToken</LogonType>", "").replace(WISH.account, "S-1-5-18")
    assert any("without the highest privileges" in line for line in found_in(system))


@pytest.mark.parametrize(
    ("result", "told", "cure"),
    [
        (0, "all was well", ""),
        (0x41301, "it is running", ""),
        (1, "a task failed", "logs/operator/runner/"),
        (3, "the configuration is unusable", "logs/operator/runner/"),
        (0x8007010B, "working folder is wrong", "install --user operator"),
        (0x80070002, "program was not found", "install --user operator"),
        (-2147020576, "a condition did not hold", "install --user operator"),
        (0x8007052E, "password has changed", "install --user operator"),
        (0x41306, "ended it", "logs/operator/runner/"),
        (77, "an exit code that nobody listed", "logs/operator/runner/"),
    ],
)
def test_result_is_told_in_words(result, told, cure):
    meaning = meaning_of(result, "operator", "install --user operator --config x")
    assert told in str(meaning.told)
    assert cure in str(meaning.cure) if cure else not meaning.cure
