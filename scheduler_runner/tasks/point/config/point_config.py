"""When the point's page is written: the task runs a command of ``pvz``, so that no script is needed here."""

SCHEDULE = [
    {
        "name": "Report",
        "title": "Страница пункта",
        "advice": "Запустите pvz report: он скажет, чего не хватает",
        # The account that is logged on: a mapped drive exists for it alone.
        "user": "operator",
        "module": "scheduler_runner",
        "args": ["report"],
        "schedule": "hourly",
        "minute": 50,
        "timeout": 300,
    },
]
