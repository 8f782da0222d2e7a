"""What is told before it is done: that a kind of camera that was not understood before is cleaned from now on."""

import threading

from scheduler_runner.tasks.cameras.copy_notes import CopyNotes
from scheduler_runner.tasks.cameras.layouts import Group


class FirstTold:
    """Knows of one root whether it was told a day ago; safe for threads. Without ``notes`` there is nobody to tell."""

    def __init__(self, root: str, notes: "CopyNotes | None") -> None:
        self._root = root
        self._notes = notes
        self._was_told: dict[str, bool] = {}
        self._to_note: set[str] = set()
        self._guard = threading.Lock()

    def is_untold(self, group: Group) -> bool:
        """Return whether a group is of a kind that came late, and people are to know first that it is cleaned."""
        if self._notes is None or not group.layout.is_late:
            return False
        kind = _kind(group)
        with self._guard:
            if kind not in self._was_told:
                self._was_told[kind] = self._notes.was_told(self._root, kind)
            return not self._was_told[kind]

    def is_told_now(self, group: Group) -> None:
        """Take that the report of this run tells what would go of a group's kind."""
        self._to_note.add(_kind(group))

    def note(self) -> None:
        """Note what this run tells: from the next day on it goes."""
        for kind in sorted(self._to_note):
            if self._notes is not None:
                self._notes.note_told(self._root, kind)


def _kind(group: Group) -> str:
    return type(group.layout).__name__
