"""What lies below a recording root and is read by nobody, as no layout understands it: counted, and told."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scheduler_runner.russian import files, listed
from scheduler_runner.system.filesystem import is_linked
from scheduler_runner.tasks.cameras.layouts import is_passed_over

_MOST_LISTINGS = 200
"""So many strange folders are looked into: somebody may have laid his whole archive there."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Files that no layout understands, and links, behind which nothing is read."""

    files: int = 0
    example: str = ""
    """One of them, relative to its root."""
    is_complete: bool = True
    """``False``: there are more."""
    links: tuple[str, ...] = ()
    """Relative to their roots."""

    def remarks(self) -> list[str]:
        """Return what to tell staff, in Russian: nothing where there is nothing."""
        told = []
        if self.files:
            least = "" if self.is_complete else "не менее чем "
            told.append(f"Не распознано: {least}{files(self.files)}, например {self.example}")
        if self.links:
            told.append(f"Ссылки, записи за ними не видны: {listed(self.links)}")
        return told


NOTHING = PassedOver()


def all_together(parts: Iterable[PassedOver]) -> PassedOver:
    """Return what was passed over below several roots."""
    found = list(parts)
    return PassedOver(
        sum(each.files for each in found),
        next((each.example for each in found if each.files), ""),
        all(each.is_complete for each in found),
        tuple(sorted(link for each in found for link in each.links)),
    )


class Strangers:
    """Collects what was met in listings of a root; a folder that is listed again counts once. Safe for threads."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[int, str]] = {}
        """By folder, how many, and the first of them by name."""
        self._folders: set[str] = set()
        self._links: set[str] = set()

    def note(self, folder: str, entries: "Iterable[os.DirEntry[str]]") -> None:
        """Take what nobody understood in a folder, given relative to its root."""
        names = []
        for entry in entries:
            path = os.path.join(folder, entry.name)
            if is_passed_over(entry.name):
                continue
            if is_linked(entry):
                self._links.add(path)
            elif entry.is_dir(follow_symlinks=False):
                self._folders.add(path)
            else:
                names.append(entry.name)
        if names:
            self._files[folder] = len(names), min(names)

    def count(self, entries_of: "Callable[[str], list[os.DirEntry[str]]]") -> PassedOver:
        """Return all that was met, with the files in strange folders, which are listed now."""
        inside = Strangers()
        waiting = sorted(self._folders, reverse=True)
        is_complete = True
        for _ in range(_MOST_LISTINGS):
            if not waiting:
                break
            folder = waiting.pop()
            try:
                inside.note(folder, entries_of(folder))
            except OSError:  # somebody's own, maybe
                is_complete = False
            waiting += sorted(inside._folders, reverse=True)
            inside._folders.clear()
        found = {**self._files, **inside._files}
        example = min((os.path.join(folder, name) for folder, (_, name) in found.items()), default="")
        number = sum(number for number, _ in found.values())
        return PassedOver(number, example, is_complete and not waiting, tuple(sorted(self._links)))
