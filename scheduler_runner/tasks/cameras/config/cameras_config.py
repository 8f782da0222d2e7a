"""When the camera tasks run, and the defaults of the INI's section [cameras]. A point's own facts go into its INI."""

DEFAULTS = {
    "local_roots": "D:/camera",
    "network_root": "O:/cameras/{PVZ_ID}",
    "retention_local_days": 8,
    "retention_network_days": 120,
    "working_hours": "09:00-21:00",
    "min_free_gb": 20,
    "bandwidth_limit_mb": 0,
}

_USER = "operator"  # the account that is logged on: a mapped drive exists for it alone
_WARNED = [10]

SCHEDULE = [
    {
        "name": "CopyScript",
        "user": _USER,
        "schedule": "daily",
        "time": ["09:10", "14:00", "21:10"],
        "misfire_grace_time": "next",
        # Ten minutes before the end of the PC's day: a copy in the night would be cut off.
        "args": ["--until", "21:50"],
        "timeout": 14 * 3600,
        "warn_codes": _WARNED,
    },
]
