"""The names of damaged ledgers that were set aside, with the moment in them."""

import os
import time

_AT = "%Y-%m-%dT%H%M%S"


def set_aside_name(path: str) -> str:
    """Return what a ledger is called that is set aside now.

    >>> set_aside_name("ledger.sqlite3")[:15]
    'ledger.damaged-'
    """
    before, extension = _around_moment(path)
    return f"{before}{time.strftime(_AT)}{extension}"


def last_set_aside(path: str) -> int:
    """Return when a damaged ledger was last set aside beside this one; 0: none was."""
    before, extension = _around_moment(path)
    found = 0
    for name in os.listdir(os.path.dirname(path)):
        begun = os.path.basename(before)
        if name.startswith(begun) and name.endswith(extension):
            try:
                at = time.strptime(name[len(begun) : -len(extension)], _AT)
                found = max(found, int(time.mktime(at)))
            except (ValueError, OverflowError):
                continue  # a name of somebody else's making
    return found


def _around_moment(path: str) -> tuple[str, str]:
    """Return what stands before and after the date in the name of a ledger that was set aside."""
    name, extension = os.path.splitext(path)
    return f"{name}.damaged-", extension
