"""When the camera tasks run, and the defaults of the INI's section [cameras]. A point's own facts go into its INI."""

DEFAULTS = {
    "local_roots": "D:/camera",
    "network_root": "O:/cameras/{PVZ_ID}",
    "retention_local_days": 8,
    "retention_network_days": 120,
    "copy_until": "21:50",  # ten minutes before the end of the PC's day: a copy in the night would be cut off
    "min_free_gb": 20,
    "network_min_free_gb": 10,
    "bandwidth_limit_mb": 0,
    "lookback_local_hours": 2,
    "lookback_network_hours": 24,
    "min_files": 1,
    "min_recording_kb": 1,
}

_USER = "operator"  # the account that is logged on: a mapped drive exists for it alone
_TASKS = "scheduler_runner.tasks.cameras"
_WARNED = [10]
_HOUR_SECONDS = 3600
# Outside the INI's working hours a monitor answers "nothing to do now": it is not to be asked again within the hour.
_MONITOR = {"retry_delay": _HOUR_SECONDS, "warn_codes": _WARNED}
_HOURLY = {**_MONITOR, "schedule": "hourly"}
# A cloud that is away for an hour costs nothing.
_DAILY = {
    "schedule": "daily",
    "misfire_grace_time": "next",
    "retries": 3,
    "retry_delay": _HOUR_SECONDS // 4,
    "warn_codes": _WARNED,
}

SCHEDULE = [
    {
        **_DAILY,
        "name": "CopyScript",
        "title": "Копирование записей",
        "advice": "Проверьте, открывается ли сетевой диск с записями и есть ли на нём место",
        "user": _USER,
        "time": ["09:10", "14:00", "21:10"],
        "retries": 2,  # a third one would begin after copy_until and only count what is left
        "timeout": 22 * _HOUR_SECONDS,  # above the longest span to copy_until
    },
    {
        **_DAILY,
        "name": "CleanupLocal",
        "title": "Очистка диска с записями",
        "advice": "Проверьте, идёт ли копирование: пока записи не скопированы, они не удаляются",
        "user": _USER,
        "module": f"{_TASKS}.CleanupScript",
        "args": ["--input_dir_scenario", "local"],
        # 20:45 is for the retention; the others see to it that the disk does not fill within a day.
        "time": ["11:45", "14:45", "17:45", "20:45"],
        "timeout": 2 * _HOUR_SECONDS,
    },
    {
        **_DAILY,
        "name": "CleanupNetwork",
        "title": "Очистка облака",
        "advice": "Проверьте, открывается ли сетевой диск с записями",
        "user": _USER,
        "module": f"{_TASKS}.CleanupScript",
        "args": ["--input_dir_scenario", "network"],
        "time": "20:55",
        "timeout": 4 * _HOUR_SECONDS,
    },
    {
        **_HOURLY,
        "name": "VideoMonitorLocal",
        "title": "Проверка камер",
        "advice": "Проверьте питание и кабель камеры, перезагрузите её",
        "user": _USER,
        "module": f"{_TASKS}.VideoMonitorScript",
        "args": ["--check_type", "local"],
        "minute": 5,
    },
    {
        **_HOURLY,
        "name": "VideoMonitorNetwork",
        "title": "Проверка записей в облаке",
        "advice": "Проверьте, открывается ли сетевой диск и идёт ли копирование",
        # Asked once a day, it would tell of an hour's trouble at the cloud until the next noon.
        "retries": 3,
        "user": _USER,
        "module": f"{_TASKS}.VideoMonitorScript",
        "args": ["--check_type", "network"],
        "minute": 20,
        # A root that is away, or a copy under way, is looked for again before the hour is over.
        "retry_delay": _HOUR_SECONDS // 4,
    },
    {
        **_HOURLY,
        "name": "CloudMonitorScript",
        "title": "Проверка облака",
        "advice": "Проверьте интернет и открывается ли сетевой диск с записями",
        "user": _USER,
        "minute": 35,
    },
]
