import pytest

from scheduler_runner.errors import ExitCode, heaviest
from scheduler_runner.outcome import Outcome
from scheduler_runner.runs.exit_codes import describe_exit_code, outcome_of


@pytest.mark.parametrize(
    ("code", "ok", "warn", "outcome"),
    [
        (0, {0}, set(), Outcome.SUCCEEDED),
        (1, {0}, set(), Outcome.FAILED),
        (0, {1}, set(), Outcome.FAILED),
        (3, {0, 3}, set(), Outcome.SUCCEEDED),
        (10, {0}, {10}, Outcome.WARNED),
        (75, {0}, set(), Outcome.SKIPPED),
        (-9, {0}, set(), Outcome.FAILED),
        (0xC0000005, {0}, set(), Outcome.FAILED),
    ],
)
def test_exit_code_is_an_outcome(code, ok, warn, outcome):
    assert outcome_of(code, ok, warn) is outcome


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "exit code 1"),
        (-9, "ended by signal"),
        (0xC0000005, "0xC0000005 (access violation)"),
        (0xC000013A, "ended by Ctrl+C, or with its console or session"),
        (0xDEADBEEF, "exit code 0xDEADBEEF"),
    ],
)
def test_exit_code_is_told_in_words(code, told):
    assert told in describe_exit_code(code)


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        (set(), 0),
        ({5, 0}, 5),
        ({3, 5}, 3),
        ({1, 3, 5}, 1),
        ({4, 1, 3}, 4),
        ({2, 4}, 2),
        ({143, 2, 1}, 143),
        ({130, 143}, 130),
    ],
)
def test_heaviest_of_several_exit_codes_is_chosen(codes, chosen):
    assert heaviest({ExitCode(code) for code in codes}) == chosen
