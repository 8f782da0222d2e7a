"""What a script says of its run beyond the exit code, in a small JSON file that it leaves behind."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.system.own_files import NotOurs, partial_path, read_own, remove_quietly, write_whole

RESULT_VARIABLE = "SCHEDULER_RESULT_FILE"
"""The child's environment variable that names the file."""

_MAX_BYTES = 256 * 1024
_MAX_SUMMARY = 2000


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """``{"summary": "...", "metrics": {...}, "exit_code": 0}``, each of them optional.

    ``outcome`` is the runner's word, where the ledger could not take it.
    """

    summary: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict)
    exit_code: int | None = None
    outcome: str = ""


def result_path(folder: str, run_id: str) -> str:
    """Return where the run's script is to leave its result."""
    return os.path.join(folder, f"{run_id}.json")


def read_result(path: str, masker: Masker) -> ScriptResult | None:
    """Return what a script left, without secrets; ``None`` where it left nothing.

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
    return _checked(values)


def write_result(path: str, result: ScriptResult) -> None:
    """Leave a result, whole or not at all. Raises ``OSError``."""
    write_whole(path, json.dumps(asdict(result)).encode())  # escaped: a file's name may hold what is no letter


def remove_result(path: str) -> None:
    """Remove the file, and one that a kill left half written, once its content is on record."""
    for name in (path, partial_path(path)):
        remove_quietly(name)


def _checked(values: object) -> ScriptResult:
    if not isinstance(values, dict):
        raise ValueError('the result file must hold an object such as {"summary": "...", "metrics": {}}')
    summary, metrics, exit_code = values.get("summary", ""), values.get("metrics", {}), values.get("exit_code")
    outcome = values.get("outcome", "")
    if not isinstance(summary, str) or not isinstance(metrics, dict) or not isinstance(outcome, str):
        raise ValueError("in the result file summary must be a text and metrics an object")
    is_number = isinstance(exit_code, int) and not isinstance(exit_code, bool)
    if exit_code is not None and not (is_number and -(2**31) <= exit_code < 2**32):
        raise ValueError("in the result file exit_code must be a whole number of at most 32 bits")
    return ScriptResult(summary[:_MAX_SUMMARY], metrics, exit_code, outcome)
