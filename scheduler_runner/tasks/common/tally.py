"""Counts what many threads do, and names the first problems."""

import logging
import threading
from typing import Any

_NAMED_PROBLEMS = 20

logger = logging.getLogger(__name__)


class Tally:
    """Adds to the fields of a count, a dataclass with a list ``problems``; safe for threads."""

    def __init__(self, count: Any) -> None:
        self._count = count
        self._guard = threading.Lock()

    def add(self, **numbers: int) -> None:
        """Add to the fields of these names."""
        with self._guard:
            for name, number in numbers.items():
                setattr(self._count, name, getattr(self._count, name) + number)

    def add_to(self, name: str, key: str, number: int) -> None:
        """Add to one number of the field of this name, a dict that has it already."""
        with self._guard:
            getattr(self._count, name)[key] += number

    def name(self, problem: str) -> None:
        """Log a problem, and keep it if it is one of the first."""
        logger.warning("%s", problem)
        with self._guard:
            if len(self._count.problems) < _NAMED_PROBLEMS:
                self._count.problems.append(problem)
