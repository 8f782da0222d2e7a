"""An ordinary account tries every name below logs/ while a privileged runner ticks: nothing outside it changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot_api import BotApi
from tests.conftest import entry
from tests.faults.driver import Point

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts"),
]
OTHER = 54321
FOLDERS = ("system/locks/groups", "system/locks", "operator", "locks", "system")
FILES = (
    # One batch each: where the first is in place, the runner refuses the whole folder.
    (
        *("system/ledger.sqlite3", "system/ledger.sqlite3-wal", "system/runner", "system/results", "system/demo_Root"),
        *("system/locks/demo_root.lock", "system/locks/demo_root.json", "system/locks/demo_root.json.tmp"),
        *("system/locks/demo_root.stop", "system/locks/sender.lock", "system/locks/direct_notice.lock"),
        *("system/locks/reading", "system/locks/groups/disk.json", "system/brakes.json"),
    ),
    ("locks/disk.lock", "locks/disk.json", "locks/disk.json.tmp"),
    ("operator/ledger.sqlite3", "operator/ledger.sqlite3-journal", "operator/ledger.sqlite3-shm"),
    ("operator/locks/demo_op.json", "operator/locks/sender.lock", "operator/locks/groups/disk.json"),
)
KINDS = ("file", "folder", "link", "link to a folder", "pipe", "huge", "second name")


@pytest.fixture
def site(project, tmp_path, seed):
    """A point whose logs belong to the ordinary account: the worst that an administrator can leave."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    victims = tmp_path / "victims"
    (victims / "folder").mkdir(parents=True)
    for name in ("shadow", "folder/inside"):
        (victims / name).write_text("precious")
        (victims / name).chmod(0o600)
    project.root.chmod(0o755)
    project.logs.mkdir(exist_ok=True)
    os.chown(project.logs, OTHER, OTHER)
    with BotApi() as api:
        point = Point(project, api, tmp_path, seed, user="system")
        project.schedule(
            entry("Root", "print('root ran')", user="system", schedule="interval", interval=60, group="disk"),
            entry("Op", "print('op ran')", schedule="interval", interval=60, group="disk"),
        )
        yield point, victims
        point.close()


def state(folder: Path) -> dict:
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_size if path.is_file() else 0, content)
    return found


def plant(path: Path, logs: Path, kind: str, victims: Path) -> None:
    """Put something in a name's place, as the other account would: what is root's goes out of the way by its folder."""
    script = {
        "file": "open(path, 'w').write('{}')",
        "folder": "os.mkdir(path)",
        "link": "os.symlink(victim, path)",
        "link to a folder": "os.symlink(folder, path)",
        "pipe": "os.mkfifo(path)",
        "huge": "os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 1 << 40)",
        "second name": "os.link(victim, path)",
    }[kind]
    code = (
        "import os, shutil, sys, time\n"
        "path, logs, victim, folder = sys.argv[1:]\n"
        "def put():\n"
        "    os.makedirs(os.path.dirname(path), exist_ok=True)\n"
        "    if os.path.lexists(path):\n"
        "        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)\n"
        f"    {script}\n"
        "try: put()\n"
        "except OSError:\n"
        "    top = os.path.join(logs, os.path.relpath(path, logs).split(os.sep)[0])\n"
        "    os.rename(top, f'{logs}/gone-{time.time_ns()}')\n"
        "    put()\n"
    )
    argv = [path, logs, victims / "shadow", victims / "folder"]
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", code, *map(str, argv)],
        user=OTHER, group=OTHER, extra_groups=[], cwd="/", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    # The kernel itself refuses a second name of what is another's, where it is set up as every system comes.
    assert done.returncode == 0 or kind == "second name", done.stderr


def tidy_up(logs: Path) -> None:
    """Take away what the other account has put there, as an administrator would before the next try."""
    for path in logs.iterdir():
        if path.lstat().st_uid == OTHER or path.name.startswith("gone-"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_no_name_and_no_kind_of_file_changes_anything_elsewhere_or_holds_a_tick_up(site, seed):
    """In all, each name is each kind of file once."""
    point, victims = site
    before, logs = state(victims), point.project.logs
    point.tick()
    assert point.memory.ticks[-1].code == 0
    number = 0
    for names in (*FILES, *((name,) for name in FOLDERS)):
        kinds = {}
        for name in names:
            kinds[name] = KINDS[(seed + number) % len(KINDS)]
            number += 1
            plant(logs / name, logs, kinds[name], victims)
        point.pass_time(60)
        point.tick()
        last = point.memory.ticks[-1]
        assert last.code in (0, 1, 3, 5), (kinds, last)
        assert "Traceback" not in last.err, kinds
        assert state(victims) == before, kinds
        tidy_up(logs)
    point.pass_time(60)
    point.tick()
    assert point.memory.ticks[-1].code == 0, "all is well again"
