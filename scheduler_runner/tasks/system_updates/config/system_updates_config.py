"""When the system is updated, and how long that may take."""

USER = "system"  # the account whose entry of Task Scheduler has administrator's rights

MAX_MINUTES = 180
"""No update is begun later in a run."""
LAST_UPDATE_MINUTES = 60
"""What the last one may take beyond that: a month's cumulative update on a weak PC."""

SCHEDULE = [
    {
        "name": "UpdateOS",
        "title": "Обновление системы",
        "advice": "Оставьте компьютер включённым днём; если не пройдёт и завтра, позвоните администратору",
        "user": USER,
        "schedule": "daily",
        # At about 22:00 the PC is switched off, in the middle of an installation if one runs. So in the morning,
        # between two copies, and not begun after 18:00: then it ends by 22:00.
        "time": "10:30",
        "misfire_grace_time": "next",
        "between": ["08:00", "18:00"],
        # In working hours nothing may restart the PC. What waits for a restart is told until the evening's "update
        # and shut down"; a PC that runs all night can have "time": "03:00" and "--reboot", "if-needed".
        "args": ["--max-minutes", MAX_MINUTES, "--reboot", "never"],
        "timeout": (MAX_MINUTES + LAST_UPDATE_MINUTES) * 60,
        # A network that is not up yet would cost the day.
        "retries": 3,
        "retry_delay": 900,
        "warn_codes": [10],
    },
]
