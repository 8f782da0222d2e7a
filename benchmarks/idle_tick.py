"""An idle tick with 20 configuration files and 60 tasks, beside ``python -c pass``: at most 5.0."""

import shutil
import sys

from benchmarks.measure import INI, PROJECT, command, in_turn, own_environ, python, scratch, verdict

_ENTRY = (
    '    {{"name": "Task{n}", "user": "operator", "schedule": "{kind}", {when}, "command": ["true"], '
    '"timeout": 600, "misfire_grace_time": "next", "args": ["--a", "b"], "env": {{"A": "b"}}}},\n'
)
_KINDS = (("daily", '"time": ["09:10", "21:10"]'), ("hourly", '"minute": 7'), ("interval", '"interval": 3600'))


def main() -> int:
    """Measure and tell; return 0 where the aim is reached."""
    with scratch() as folder:
        for name in ("config", "scheduler_runner"):
            ignored = shutil.ignore_patterns("__pycache__", "cameras", "point", "system_updates")
            shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
        (folder / "pvz_config.ini").write_text(INI)
        for number in range(20):
            _write_domain(folder / "scheduler_runner" / "tasks" / f"domain{number:02d}" / "config", number)
        tick = python("-m", "scheduler_runner.runner", "--user", "operator")
        once = command(["sh", "-c", f"cd '{folder}' && exec \"$@\"", "sh", *tick], own_environ())
        for _ in range(4):
            once()  # whatever is due runs now, twenty at most in a tick
        times = in_turn({"pass": command(python("-c", "pass")), "tick": once}, 21)
    print(f"python -c pass {times['pass'] * 1000:.1f} ms, idle tick {times['tick'] * 1000:.1f} ms")
    return 0 if verdict("idle tick / python -c pass", times["tick"] / times["pass"], 5.0) else 1


def _write_domain(folder, number: int) -> None:
    folder.mkdir(parents=True)
    entries = "".join(
        _ENTRY.format(n=f"{number}x{index}", kind=kind, when=when) for index, (kind, when) in enumerate(_KINDS)
    )
    (folder / f"domain{number:02d}_config.py").write_text(f"SCHEDULE = [\n{entries}]\n")


if __name__ == "__main__":
    sys.exit(main())
