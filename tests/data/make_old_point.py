"""Make ``old_point.json``: a point as version 0b6265b left it, by running that version. Needed once.

    git archive 0b6265b | tar -x -C /tmp/old
    python -m tests.data.make_old_point /tmp/old

It ticks twice: the first time Telegram answers, then it does not, so that one notice was told and one waits.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bot_api import TOKEN, BotApi

TARGET = Path(__file__).with_name("old_point.json")
ROOT = "@ROOT@"
API = "@API@"
PYTHON = "@PYTHON@"
INI = """\
[DEFAULT]
PVZ_ID = СОСНОВКА_10
ENV_MODE = production
[scheduler]
timezone = UTC
tick_minutes = 5
[cameras]
local_roots = @ROOT@/D_camera
network_root = @ROOT@/O_cameras/{PVZ_ID}
working_hours = 00:00-23:59
min_free_gb = 0
[camera unv_001]
kind = unv
uid = sklad
area = склад
place = над стеллажами
[telegram]
chat_id = -1001
api_url = @API@
digest_time = off
quiet_hours = 03:00-03:01
"""
OWN = """\
import sys

SCHEDULE = [
    {"name": "Works", "user": "operator", "schedule": "hourly", "command": [sys.executable, "-c", "print('done')"]},
    {"name": "Fails", "user": "operator", "schedule": "hourly", "command": [sys.executable, "-c", "import sys; sys.exit(3)"]},
    {"name": "Later", "user": "operator", "schedule": "interval", "interval": 60,
     "command": [sys.executable, "-c", "import os, sys; sys.exit(os.path.exists('broken.txt'))"],
     "working_dir": "@ROOT@"},
]
"""
RECORDINGS = (
    "unv_camera/sklad/20261124/09/09-05-11.jpg",
    "unv_camera/sklad/20261125/10/10-15-22.jpg",
    "xiaomi_camera_videos/78DF72A1B2C3/2026112510/04M22S_1795600000.mp4",
)
WRITTEN_AT = 1_795_600_000


def lay_out(root: Path, relative: str) -> None:
    """Write a recording whose content is its name."""
    path = root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(relative.encode() * 100)
    os.utime(path, (WRITTEN_AT, WRITTEN_AT))


def main(checkout: str) -> None:
    """Make it."""
    root = Path(tempfile.mkdtemp())
    program = root / "PVZ"
    shutil.copytree(checkout, program)
    own = program / "scheduler_runner" / "tasks" / "own" / "config"
    own.mkdir(parents=True)
    (own / "own_config.py").write_text(OWN.replace(ROOT, str(root)), "utf-8")
    for relative in RECORDINGS:
        lay_out(root / "D_camera", relative)
    (root / "O_cameras" / "СОСНОВКА_10").mkdir(parents=True)
    environ = {
        **os.environ, "PVZ_CONFIG_PATH": str(root / "pvz.ini"), "LOGS_ROOT": str(root / "logs"),
        "TELEGRAM_BOT_TOKEN": TOKEN,
    }  # fmt: skip

    def run(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", *words], cwd=program, env=environ, capture_output=True, text=True)
        print(words, done.returncode, done.stderr[-300:])
        return done.stdout

    with BotApi() as api:
        (root / "pvz.ini").write_text(INI.replace(ROOT, str(root)).replace(API, api.url), "utf-8")
        run("scheduler_runner.runner", "--user", "operator")
        time.sleep(5)
        told = [message.text for message in api.delivered]
    (root / "broken.txt").write_text("from now on")
    time.sleep(61)
    run("scheduler_runner.runner", "--user", "operator")
    run("scheduler_runner", "install", "--user", "operator", "--xml", str(root / "operator.xml"))
    values = {
        "made_at": int(time.time()),
        "told": told,
        "ledger": _dump(root / "logs" / "operator" / "ledger.sqlite3"),
        "notes": {path.name: path.read_text() for path in (root / "logs" / "locks").glob("copy_*.fresh")},
        "copies": sorted(
            str(path.relative_to(root / "O_cameras").as_posix())
            for path in (root / "O_cameras").rglob("*") if path.is_file()
        ),
        "entry": (root / "operator.xml").read_text("utf-16"),
    }  # fmt: skip
    text = json.dumps(values, ensure_ascii=False, indent=0).replace(sys.executable, PYTHON).replace(str(root), ROOT)
    TARGET.write_text(text + "\n", "utf-8")
    shutil.rmtree(root)


def _dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    lines = [line for line in connection.iterdump() if "sqlite_sequence" not in line]
    connection.close()
    return [*lines, f"PRAGMA user_version = {version};"]


if __name__ == "__main__":
    main(sys.argv[1])
