"""A point that version 0b6265b left behind, met by this one: nothing sent twice, copied anew or refused, and a way back.

What that version left was made by running it: ``tests/data/make_old_point.py``.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from scheduler_runner.setup.task_xml import from_xml
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.CopyScript import main as copy_main
from tests.bot_api import TOKEN, BotApi
from tests.conftest import PROJECT
from tests.data.make_old_point import API, INI, OWN, RECORDINGS, ROOT, TARGET, lay_out
from tests.tasks.conftest import run_script
from tests.waiting import wait_until

__all__ = ["run_script"]

OLD = json.loads(TARGET.read_text("utf-8"))
TIMES = {
    "chats": ("next_at",), "health": ("failing_since", "told_at"), "outbox": ("at",), "runs": ("slot", "started_at", "ended_at"),
    "slots": ("slot", "decided_at"), "tasks": ("first_seen", "decided_until"), "ticks": ("started_at", "ended_at"),
}  # fmt: skip
QUIET_SECONDS = 300
"""So long ago the last tick was, at least: the chat that could not be reached is asked again by then."""


def shift() -> int:
    """Return by how many seconds the past is brought forward: whole hours, so that slots stay slots."""
    return (int(time.time()) - QUIET_SECONDS - OLD["made_at"]) // 3600 * 3600


def old_ledger(path: Path, root: Path) -> None:
    """Write the ledger that the old version left, its times brought forward."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as ledger:
        ledger.executescript("\n".join(OLD["ledger"]).replace(ROOT, root.as_posix()))
        for table, columns in TIMES.items():
            moved = ", ".join(f"{column} = {column} + {shift()}" for column in columns)
            ledger.execute(f"UPDATE {table} SET {moved}")
        ledger.commit()


@pytest.fixture
def upgraded(project, tmp_path):
    """Return a project of this version on what the old one left, with its domain and INI; and the INI's path."""
    old_ledger(project.logs / "operator" / "ledger.sqlite3", tmp_path)
    project.configure(OWN.replace(ROOT, tmp_path.as_posix()), "own", "own")
    (tmp_path / "broken.txt").write_text("still")
    ini = tmp_path / "pvz.ini"

    def run(api_url: str, *words: str, module: str = "scheduler_runner.runner"):
        ini.write_text(INI.replace(ROOT, tmp_path.as_posix()).replace(API, api_url), "utf-8")
        return project.run(*words, module=module, PVZ_CONFIG_PATH=str(ini), TELEGRAM_BOT_TOKEN=TOKEN)

    return project, run


def tables(path: Path) -> "dict[str, str]":
    with closing(sqlite3.connect(path)) as ledger:
        return dict(ledger.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


@pytest.mark.slow
def test_what_waits_is_told_once_and_what_was_told_is_not_told_again(upgraded):
    _, run = upgraded
    with BotApi() as api:
        # Both fail still, in the second tick at the latest: at a full hour the first one may come too late for its slots.
        assert any(run(api.url, "--user", "operator").returncode == 1 for _ in range(2))
        wait_until(lambda: api.delivered)
        for module in ("scheduler_runner.runner", "scheduler_runner.sender", "scheduler_runner.sender"):
            run(api.url, "--user", "operator", module=module)
        told = [message.text for message in api.delivered]
    assert "own_Fails" in OLD["told"][0]
    assert len([text for text in told if "own_Later" in text]) == 1
    assert not [text for text in told if "own_Fails" in text]


@pytest.mark.slow
def test_the_way_back_leads_through_the_line_in_the_guide_and_forward_again(upgraded, tmp_path):
    project, run = upgraded
    ledger = project.logs / "operator" / "ledger.sqlite3"
    with BotApi() as api:
        run(api.url, "--user", "operator")
        for page in ("upgrade.md", "upgrade.ru.md"):
            (line,) = re.findall('python -c "(.*)"', (PROJECT / "docs" / page).read_text("utf-8"))
            subprocess.run([sys.executable, "-c", line.replace("C:/PVZ/logs", project.logs.as_posix())], check=True)
            with closing(sqlite3.connect(ledger)) as connection:
                assert connection.execute("PRAGMA user_version").fetchone() == (2,)
                # As the old version reads and writes it.
                connection.execute("INSERT INTO ticks (started_at, pid) VALUES (1, 1)")
                assert connection.execute("SELECT count(*) FROM health, outbox, chats, slots").fetchone() != (None,)
            assert run(api.url, "--user", "operator").returncode in (0, 1)


@pytest.mark.slow
def test_the_ledger_is_kept_as_it_was_and_only_gains(upgraded):
    project, run = upgraded
    ledger = project.logs / "operator" / "ledger.sqlite3"
    before = tables(ledger)
    with BotApi() as api:
        run(api.url, "--user", "operator")
    assert tables(ledger.with_name("ledger.before-2.sqlite3")) == before
    after = tables(ledger)
    assert {name: after.get(name) for name in before} == before


def test_the_old_ini_and_a_domain_of_ones_own_are_sound(upgraded):
    _, run = upgraded
    done = run("http://127.0.0.1:9", "check", module="scheduler_runner")
    assert done.returncode == 0, done.stdout


def test_nothing_is_copied_anew(ini, tmp_path, run_script):
    network = tmp_path / "O_cameras" / "СОСНОВКА_10"
    for relative in RECORDINGS:
        lay_out(tmp_path / "D_camera", relative)
        assert f"{network.name}/{relative}" in OLD["copies"]
        lay_out(network, relative)
    (notes,) = OLD["notes"].values()
    hours = shift() // 3600
    fresh = [[day, hour + hours, oldest] for day, hour, oldest in json.loads(notes)]
    Path(lock_path(str(network), "fresh")).write_text(json.dumps(fresh))
    ini(INI.replace(ROOT, tmp_path.as_posix()).replace(API, "http://127.0.0.1:9"))
    code, result = run_script(copy_main)
    assert (code, result["metrics"]["copied"], result["metrics"]["present"]) == (0, 0, len(RECORDINGS))


def test_the_entry_is_read_as_one_of_ours():
    entry = from_xml(OLD["entry"])
    assert entry.user == "operator"
    assert re.search("pvz.ini$", entry.config)
