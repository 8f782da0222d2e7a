"""Numbers and times as staff read them, for the scripts; they are in :mod:`scheduler_runner.utils.russian`."""

from scheduler_runner.utils.russian import counted, duration, files, grouped, moment, size

__all__ = ["counted", "duration", "files", "grouped", "moment", "size"]
