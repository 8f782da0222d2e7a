"""What a script says of its run beyond the exit code, in a small JSON file that it leaves behind."""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.system.folders import NotOurs
from scheduler_runner.system.own_files import partial_path, read_own, remove_quietly, write_whole

RESULT_VARIABLE = "SCHEDULER_RESULT_FILE"
"""The child's environment variable that names the file."""

WORKS, FAILS = "works", "fails"
"""What a script may say of a subject."""
OUTSIDE_HOURS, TOO_EARLY, COPYING = "outside_hours", "too_early", "copying"
"""Why a script may have had nothing to do (exit code 75): no evidence either way."""

_MAX_BYTES = 256 * 1024
_MAX_TEXT = 2000
_TOO_MUCH = 2**63
_NAME = re.compile(r"[a-z0-9_]{0,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run saw of one camera or drive. ``text`` is for staff, in Russian."""

    state: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """``{"summary": "...", "metrics": {...}, "subjects": {"unv_002": {"state": "fails", "text": "..."}}, ...}``.

    Each of them is optional; what is not known is ignored.
    """

    summary: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict)
    exit_code: int | None = None
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    """By name; one that is not named was not looked at."""
    waits: str = ""
    """Why there was nothing to do."""
    cause: str = ""
    """A name for what is wrong, where other tasks will meet it, too."""
    cause_text: str = ""
    """The cause for staff, in Russian."""

    @property
    def findings(self) -> dict[str, object]:
        """What it says of single things, why it waited, the cause: as much of it as there is, as JSON can hold it."""
        found = {"waits": self.waits, "cause": self.cause, "cause_text": self.cause_text}
        subjects = {name: asdict(subject) for name, subject in self.subjects.items()}
        return {name: value for name, value in {**found, "subjects": subjects}.items() if value}


def result_path(folder: str, run_id: str) -> str:
    """Return where the run's script is to leave its result."""
    return os.path.join(folder, f"{run_id}.json")


def read_result(path: str, masker: Masker, logger: logging.Logger | None = None) -> ScriptResult | None:
    """Return what a script left, without secrets; ``None`` where it left nothing. ``logger`` hears what is left out.

    Raises ``ValueError`` with one sentence where it left something else than a result.
    """
    try:
        content = read_own(path, _MAX_BYTES)
    except NotOurs as error:
        raise ValueError(f"the result file is left alone: {error}") from error
    except OSError:
        return None
    try:
        values = masker.values(json.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the result file is no JSON: {error}") from error
    result = _checked(values)
    metrics = {name: value for name, value in result.metrics.items() if _is_finite(value)}
    left_out = result.metrics.keys() - metrics
    if left_out and logger is not None:
        logger.warning("metrics left out, nothing can be reckoned with them: %s", ", ".join(sorted(left_out)))
    return replace(result, metrics=metrics)


def write_result(path: str, result: ScriptResult) -> None:
    """Leave a result, whole or not at all. Raises ``OSError``."""
    said = {name: value for name, value in asdict(result).items() if value not in ("", {}, None)}
    write_whole(path, json.dumps(said).encode())  # escaped: a file's name may hold what is no letter


def remove_result(path: str) -> None:
    """Remove the file, and one that a kill left half written, once its content is on record."""
    for name in (path, partial_path(path)):
        remove_quietly(name)


def _is_finite(value: object) -> bool:
    """Return whether it can be added up and written as JSON: Python's own writer leaves NaN and Infinity, too."""
    if isinstance(value, (int, float)):
        return abs(value) < _TOO_MUCH  # NaN is less than nothing
    if isinstance(value, (dict, list)):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return True


def _checked(values: object) -> ScriptResult:
    if not isinstance(values, dict):
        raise ValueError('the result file must hold an object such as {"summary": "...", "metrics": {}}')
    metrics, exit_code = values.get("metrics", {}), values.get("exit_code")
    texts = {name: values.get(name, "") for name in ("summary", "waits", "cause", "cause_text")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise ValueError(f"in the result file {name} must be a text")
        if name in ("waits", "cause") and not _NAME.fullmatch(text):
            raise ValueError(f'in the result file {name} must be a name such as "network_root_away"')
    if not isinstance(metrics, dict):
        raise ValueError("in the result file metrics must be an object")
    is_number = isinstance(exit_code, int) and not isinstance(exit_code, bool)
    if exit_code is not None and not (is_number and -(2**31) <= exit_code < 2**32):
        raise ValueError("in the result file exit_code must be a whole number of at most 32 bits")
    texts = {name: text[:_MAX_TEXT] for name, text in texts.items()}
    return ScriptResult(metrics=metrics, exit_code=exit_code, subjects=_subjects(values.get("subjects", {})), **texts)


def _subjects(values: object) -> dict[str, Subject]:
    right = 'in the result file subjects must be such as {"unv_002": {"state": "fails", "text": "..."}}'
    if not isinstance(values, dict):
        raise ValueError(right)
    subjects = {}
    for name, value in values.items():
        state, text = (value.get("state"), value.get("text", "")) if isinstance(value, dict) else (None, "")
        if state not in (WORKS, FAILS) or not isinstance(text, str):
            raise ValueError(f"{right}, the state {WORKS} or {FAILS}")
        subjects[name] = Subject(state, text[:_MAX_TEXT])
    return subjects
