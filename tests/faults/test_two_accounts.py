"""An ordinary account tries every name below logs/ while a privileged runner ticks: nothing outside it changes."""

import os
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
    *("system/ledger.sqlite3", "system/locks/demo_root.lock", "locks/disk.lock", "system/locks/sender.lock"),
    *("system/runner", "system/locks/demo_root.json", "locks/disk.json", "operator/locks/demo_op.json"),
    *("system/results", "system/locks/groups/disk.json", "locks/disk.json.tmp", "operator/ledger.sqlite3"),
    *("system/demo_Root", "system/locks/demo_root.json.tmp", "system/ledger.sqlite3-wal", "operator/locks/sender.lock"),
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


def plant(path: Path, kind: str, victims: Path) -> None:
    """Put something in a name's place, as the other account would, where it may."""
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
        "import os, shutil, sys\n"
        "path, victim, folder = sys.argv[1:]\n"
        "try:\n"
        "    os.makedirs(os.path.dirname(path), exist_ok=True)\n"
        "    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)\n"
        "except OSError: pass\n"
        f"try: {script}\n"
        "except OSError: pass\n"
    )
    command = ["/usr/bin/python3", "-I", "-c", code, str(path), str(victims / "shadow"), str(victims / "folder")]
    subprocess.run(command, user=OTHER, group=OTHER, cwd="/", check=True, timeout=60)


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_no_name_and_no_kind_of_file_changes_anything_elsewhere_or_holds_a_tick_up(site, seed):
    """In all, each name is each kind of file once."""
    point, victims = site
    before = state(victims)
    point.tick()
    for names in (*batched(FILES, 4), *batched(FOLDERS, 1)):
        kinds = {name: KINDS[(seed + [*FILES, *FOLDERS].index(name)) % len(KINDS)] for name in names}
        for name, kind in kinds.items():
            plant(point.project.logs / name, kind, victims)
        point.pass_time(60)
        point.tick()
        last = point.memory.ticks[-1]
        assert last.code in (0, 1, 3, 5), (kinds, last)
        assert "Traceback" not in last.err, kinds
        assert state(victims) == before, kinds


def batched(names: "tuple[str, ...]", count: int) -> "list[tuple[str, ...]]":
    return [names[first : first + count] for first in range(0, len(names), count)]
