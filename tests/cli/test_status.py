"""How a point is, on one screen: what fails, what comes next; and the zip for the phone call."""

import json
import sys
import zipfile

from tests.cli.test_asking import shown
from tests.conftest import INI

CHOSEN = INI.replace("= test", "= production") + "[notices]\nchannels = off\n"


def test_task_that_fails_is_told_with_its_words_and_the_way_to_why(lived, capsys):
    text = shown(capsys, "status", code=1)
    assert "182: something is wrong" in text
    assert "Broken: failed since" in text and "no disk" in text
    assert "why demo_Broken" in text
    assert "next: " in text and "version 0." in text
    assert max(len(line) for line in text.splitlines() if "/" not in line and "\\" not in line) < 80


def test_point_that_is_well_says_so_and_programs_can_ask(lived, capsys):
    (lived.root / "pvz_config.ini").write_text(CHOSEN, "utf-8")
    lived.schedule(
        {"name": "Copy", "user": "operator", "schedule": "hourly", "command": [sys.executable, "-c", "pass"]}
    )
    lived.run("--user", "operator")
    told = json.loads(shown(capsys, "status", "--json", code=0))
    assert told["failing"] == [] and told["point"] == "182"
    assert set(told) >= {"ok", "version", "next", "running", "free_bytes", "last_ticks", "findings"}


def test_no_command_at_all_is_status(lived, capsys):
    assert "182: something is wrong" in shown(capsys, code=1)


def test_support_packs_what_a_helper_asks_for_and_no_secret(lived, capsys, tmp_path, monkeypatch):
    secret = "123456789:AAtestTESTtestTESTtestTESTtestTEST-_x"
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", secret)
    (lived.root / "pvz_config.ini").write_text(
        CHOSEN + f"[healthchecks]\nping_url = https://hc.example/{'k' * 20}\n", "utf-8"
    )
    log = next((lived.logs / "operator" / "demo_Copy").glob("*.log"))
    log.write_text(f"{log.read_text('utf-8')}\nset to {secret}\n", "utf-8")
    target = tmp_path / "support.zip"
    assert str(target) in shown(capsys, "support", "--out", str(target)).replace("\n", "")
    with zipfile.ZipFile(target) as packed:
        names = packed.namelist()
        everything = b"".join(packed.read(name) for name in names)
    assert {"status.txt", "doctor.txt", "pvz.ini", "ledger-operator.sqlite3"} <= set(names)
    assert any(name.startswith("logs/operator/demo_Copy/") for name in names)
    assert secret.encode() not in everything and b"k" * 20 not in everything
