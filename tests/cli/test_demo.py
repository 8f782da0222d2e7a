import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.tasks.cameras.root_owners import Owners, Writer, write_owners
from tests.conftest import PROJECT
from tests.tasks.conftest import lay_out


@pytest.fixture
def cameras(project):
    """Return the project with the bundled camera domain, configured as a real point: the demo must not touch it."""
    shutil.copytree(
        PROJECT / "scheduler_runner" / "tasks" / "cameras",
        project.root / "scheduler_runner" / "tasks" / "cameras",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (project.root / "pvz_config.ini").write_text("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = production\n")
    return project


@pytest.mark.slow
def test_demo_shows_the_same_each_time_and_touches_its_sandbox_alone(cameras, monkeypatch):
    before = {path for path in cameras.root.rglob("*") if "__pycache__" not in str(path)}
    strange: list[Path] = []
    for ini in ("pvz_config.ini", "none.ini"):  # it has one of its own
        run = cameras.run(
            "demo",
            module="scheduler_runner",
            COLUMNS="80",
            LC_ALL="ru_RU.UTF-8",
            PVZ_CONFIG_PATH=str(cameras.root / ini),
        )
        shown = run.stdout
        assert run.returncode == 0, shown + run.stderr
        told = " ".join(shown.split())
        assert f"CopyScript успешно Скопировано: {349 + len(strange)} файлов" in told
        assert "В облаке под тем же именем другая запись, оставлено: 1 запись; Удалено: 35 записей" in told
        assert "CleanupNetwork успешно Удалено: 36 записей" in told
        assert "Нет записей с " in told
        assert "VideoMonitorNetwork" in told  # no name is cut
        assert re.search(
            "(ждёт|запустится) +cameras_CopyScript за|ждёт +cameras_CopyScript новое", told
        )  # the demo's own dry run
        assert all(path.exists() for path in strange)
        strange = [own] = lay_out(cameras.root / "sandbox" / "D_camera", f"{date.today()} 00:00", uid="garage")
        own.write_bytes(b"a recording of somebody's own")
        os.utime(own, (1_700_000_000, 1_700_000_000))
        # The folder was brought along from another PC, which wrote there today.
        writer = Writer("another", "TEST", f"{date.today()}")
        write_owners(str(cameras.root / "sandbox" / "O_cameras" / "TEST"), Owners("other", (writer,)))
    new = {path for path in cameras.root.rglob("*") if "__pycache__" not in str(path)} - before
    assert {path.relative_to(cameras.root).parts[0] for path in new} == {"sandbox"}


@pytest.mark.slow
def test_demo_says_in_a_sentence_what_keeps_it_from_its_work(cameras):
    standard_library_alone = "-S"
    process = cameras.start("-m", "scheduler_runner", "demo", program=standard_library_alone)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in said
    assert "psutil" in said.splitlines()[0] and "pip install" in said
    (cameras.root / "sandbox").write_text("no folder")
    ran = cameras.run("demo", module="scheduler_runner")
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert "sandbox" in ran.stderr


@pytest.mark.slow
def test_demo_ends_well_where_its_reader_has_left(cameras):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "scheduler_runner", "demo"]
    ran = subprocess.run(
        command, cwd=cameras.root, env=cameras.environ, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["dmo"], ["demo", "--odd"]])
def test_wrong_command_is_exit_code_2(arguments, capsys):
    assert main(arguments) == 2
    assert "demo" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    assert main(["--help"]) == 0
    assert "demo" in capsys.readouterr().out
    assert Path(PROJECT, "README.md").exists()
