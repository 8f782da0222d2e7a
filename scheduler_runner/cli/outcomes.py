"""How outcomes are called on a screen; ``""`` is a run under way."""

OUTCOMES = {
    "": "runs",
    "succeeded": "succeeded",
    "warned": "with a remark",
    "failed": "failed",
    "timed_out": "took too long",
    "interrupted": "interrupted",
    "already_running": "ran already",
    "skipped": "put off",
    "not_started": "did not start",
    "stopped": "stopped by hand",
}
_LOOKS = {"succeeded": "good", "": "", "warned": "odd", "skipped": "", "already_running": "", "stopped": "odd"}


def look_of(outcome: str) -> str:
    """Return in which look an outcome is shown."""
    return _LOOKS.get(outcome, "bad")
