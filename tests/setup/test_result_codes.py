"""Last results: Microsoft's list, Windows' own errors, the launcher's and the runner's exit codes."""

import pytest

from scheduler_runner.errors import ExitCode
from scheduler_runner.screens.rows import ROWS
from scheduler_runner.setup.result_codes import MEANINGS, NEVER_RUN, meaning_of

# "Task Scheduler error and success constants" of Microsoft's documentation, each with a word of what it says there.
MICROSOFT = {
    0x41300: "next start",
    0x41301: "running",
    0x41302: "disabled",
    0x41303: "never run",
    0x41304: "no further start",
    0x41305: "missing",
    0x41306: "ended",
    0x41307: "no trigger that is valid",
    0x41308: "event",
    0x80041309: "trigger",
    0x8004130A: "missing",
    0x8004130B: "did not run",
    0x8004130C: "not installed",
    0x8004130D: "opened",
    0x8004130E: "none, or damaged",
    0x8004130F: "account",
    0x80041310: "account does not exist",
    0x80041311: "began anew",
    0x80041312: "account",
    0x80041313: "version",
    0x80041314: "logon",
    0x80041315: "service does not run",
    0x80041316: "not known",
    0x80041317: "another kind of file",
    0x80041318: "value",
    0x80041319: "lacks",
    0x8004131A: "no XML",
    0x4131B: "some of its triggers",
    0x4131C: "without a person",
    0x8004131D: "twice",
    0x8004131E: "end",
    0x8004131F: "running already",
    0x80041320: "not logged on",
    0x80041321: "changed",
    0x80041322: "not to be reached",
    0x80041323: "busy",
    0x80041324: "conditions",
    0x41325: "queued",
    0x80041326: "disabled",
    0x80041327: "later Windows",
    0x80041328: "by hand",
    6200: "SYSTEM",
}
WINDOWS = {
    0xC0000005: "crashed",
    0xC0000409: "crashed",
    0xC000001D: "processor",
    0x8007052F: "without a password",
    0x80070775: "locked",
    0x800704C7: "cancelled",
    0x80070522: "right",
    0x800706BA: "did not answer",
    0x800702E4: "administrator's rights",
}
LAUNCHER = {101: "could not be started", 103: "is gone", 106: "pyvenv.cfg", 107: "damaged"}


@pytest.mark.parametrize(("result", "word"), [*MICROSOFT.items(), *WINDOWS.items(), *LAUNCHER.items()])
def test_result_is_told_in_words_of_its_own_meaning(result, word):
    meaning = meaning_of(result, "operator", "install --user operator")
    assert word in str(meaning.told)
    assert "{" not in str(meaning.cure)


@pytest.mark.parametrize("result", [*range(100, 110), *(code for code in ExitCode)])
def test_no_exit_code_of_launcher_or_runner_is_one_that_nobody_listed(result):
    assert "nobody listed" not in str(meaning_of(result, "operator", "install").told)


def test_every_listed_result_but_the_good_ones_has_a_cure():
    assert {code for code, meaning in MEANINGS.items() if not meaning.cure} == {0, 0x41300, 0x41301}
    assert NEVER_RUN in MEANINGS


def test_every_result_and_its_cure_is_said_in_russian():
    said = {text for meaning in MEANINGS.values() for text in meaning if text}
    assert sorted(said - ROWS.keys()) == []
