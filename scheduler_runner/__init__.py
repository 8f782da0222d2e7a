"""A task runner for parcel pick-up points, started by Windows Task Scheduler."""
