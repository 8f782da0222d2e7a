"""What runs tasks: schedules, locks, process trees, logs, the ledger."""
