"""``pvz report``: where the page goes, when it is written anew, what a root that is away costs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.cli import report, report_facts
from scheduler_runner.cli.report_facts import REPORT_TASK
from scheduler_runner.report import placing
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.tasks.point.settings import check
from tests.conftest import PROJECT
from tests.linking import link_folder
from tests.report.conftest import NOW
from tests.report.scenes import Scene


@pytest.fixture
def at_noon(monkeypatch):
    """Return a function that sets this point's clock, in seconds after the scenes' moment."""
    here = report.here

    def set_clock(seconds=0.0):
        monkeypatch.setattr(report, "here", lambda: here()._replace(now=NOW.timestamp() + seconds))

    set_clock()
    return set_clock


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """Let the command be a planned run; return a function that tells what its result says."""
    monkeypatch.setenv("SCHEDULER_SLOT", "2026-11-25T18:50+03:00")
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(tmp_path / "result.json"))
    return lambda: json.loads((tmp_path / "result.json").read_text("utf-8"))["summary"]


def read(*parts):
    return json.loads(Path(*parts).read_text("utf-8"))


def test_page_and_status_go_where_they_are_told_and_nowhere_else(lay_out, at_noon, tmp_path):
    folder = lay_out(Scene(NOW, 2))
    (tmp_path / "out").mkdir()
    assert main(["report", "--out", str(tmp_path / "out" / "пункт.html")]) == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["status.json", "пункт.html"]
    assert "unv_002" in (tmp_path / "out" / "пункт.html").read_text("utf-8")
    assert not (folder / "O_cameras" / "182" / "_report").exists()
    assert not (folder / "logs" / "operator" / "report").exists()


def test_by_itself_it_goes_beside_the_ledger_and_into_the_network_root(lay_out, at_noon):
    folder = lay_out(Scene(NOW, 2))
    assert main(["report"]) == 0
    near, far = folder / "logs" / "operator" / "report", folder / "O_cameras" / "182" / "_report"
    assert sorted(os.listdir(far)) == ["report.html", "status.json"]
    assert (near / "report.html").read_bytes() == (far / "report.html").read_bytes()
    assert read(far, "status.json")["point"] == "182"


@pytest.mark.parametrize("linked", ["logs/operator/report", "logs/operator"])
def test_page_goes_through_no_link_that_an_account_has_put_there(lay_out, at_noon, tmp_path, capsys, linked):
    place, elsewhere = lay_out(Scene(NOW, 1)) / linked, tmp_path / "elsewhere"
    if place.exists():
        place.rename(elsewhere)
    else:
        elsewhere.mkdir()
    before = sorted(os.listdir(elsewhere))
    link_folder(place, elsewhere)
    assert main(["report"]) == 2
    assert "ссылка, а должна быть обычная папка: верно было бы --out" in capsys.readouterr().err
    assert sorted(os.listdir(elsewhere)) == before


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts")
def test_administrators_page_is_not_written_into_another_accounts_folder(lay_out, at_noon, capsys):
    own = lay_out(Scene(NOW, 1)) / "logs" / "operator"
    os.chown(own, 12345, 12345)
    assert main(["report"]) == 2
    assert "принадлежит другой учётной записи" in capsys.readouterr().err
    assert not (own / "report").exists()


def test_ini_says_where_else(lay_out, at_noon, tmp_path):
    (tmp_path / "shared").mkdir()
    lay_out(Scene(NOW, 1), f"[report]\nfolder = {tmp_path}/shared/{{PVZ_ID}}")
    assert main(["report"]) == 0
    assert (tmp_path / "shared" / "182" / "report.html").exists()


def test_wrong_section_is_one_sentence_and_3(lay_out, capsys):
    lay_out(Scene(NOW, 1), "[report]\nframes = maybe\n")
    assert main(["report"]) == 3
    assert "[report] frames = 'maybe'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["reports", "O:/{point}/x"])
def test_folder_that_is_no_whole_path_is_refused(lay_out, capsys, text):
    lay_out(Scene(NOW, 1), f"[report]\nfolder = {text}\n")
    assert main(["report"]) == 3
    assert "O:/reports/182" in capsys.readouterr().err


def test_domain_checks_the_section_before_its_task_runs(lay_out, tmp_path):
    lay_out(Scene(NOW, 1), "[report]\nfolders = x\n")
    (wrong,) = check(str(tmp_path / "pvz.ini"))
    assert "folders is unknown" in str(wrong)


@pytest.mark.slow
def test_planned_it_writes_the_page_when_something_happened_or_a_day_passed(lay_out, at_noon, planned, tmp_path):
    folder = lay_out(Scene(NOW, 2))
    far = folder / "O_cameras" / "182" / "_report"
    assert main(["report"]) == 0 and "записано" in planned()
    assert {*map(Path, read(tmp_path, "result.json")["metrics"]["free"])} == {folder / "D_camera", far.parent}
    (far / "report.html").write_text("seen")
    at_noon(60)
    assert main(["report"]) == 0 and "ничего не изменилось" in planned()
    assert (far / "report.html").read_text() == "seen"
    assert read(far, "status.json")["at"] == NOW.timestamp() + 60
    at_noon(placing.DAY_SECONDS)
    assert main(["report"]) == 0 and (far / "report.html").read_text("utf-8") != "seen"


@pytest.mark.slow
def test_planned_it_writes_anew_what_has_changed(lay_out, at_noon, planned):
    folder = lay_out(Scene(NOW, 2))
    assert main(["report"]) == 0
    lay_out(Scene(NOW, 2, failures={"CloudMonitorScript": (0, "O: away")}))
    page = folder / "O_cameras" / "182" / "_report" / "report.html"
    page.write_text("seen")
    assert main(["report"]) == 0 and "O: away" in page.read_text("utf-8")


@pytest.mark.slow
def test_by_hand_it_is_always_written(lay_out, at_noon):
    folder = lay_out(Scene(NOW, 1))
    page = folder / "O_cameras" / "182" / "_report" / "report.html"
    assert main(["report"]) == 0
    page.write_text("seen")
    assert main(["report"]) == 0 and page.read_text("utf-8") != "seen"


def test_root_that_is_away_is_no_failure_and_the_page_says_so(lay_out, at_noon, planned):
    folder = lay_out(Scene(NOW, 2))
    (folder / "O_cameras" / "182").rmdir()
    assert main(["report"]) == 0
    assert "недоступна: страница только на этом компьютере" in planned()
    near = folder / "logs" / "operator" / "report"
    assert "Сетевой диск недоступен" in (near / "report.html").read_text("utf-8")
    assert read(near, "status.json")["network_root"]["is_away"] is True
    assert os.listdir(folder / "O_cameras") == []  # it is not made anew on the PC's own disk


def test_page_goes_there_as_soon_as_the_root_is_back(lay_out, at_noon, planned):
    folder = lay_out(Scene(NOW, 2))
    root = folder / "O_cameras" / "182"
    root.rmdir()
    assert main(["report"]) == 0
    root.mkdir()
    assert main(["report"]) == 0 and (root / "_report" / "report.html").exists()


def test_root_that_does_not_answer_is_given_up(lay_out, at_noon, monkeypatch):
    folder = lay_out(Scene(NOW, 1))
    root = folder / "O_cameras" / "182"
    free_bytes = report_facts.free_bytes
    monkeypatch.setattr(report_facts, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(
        report_facts, "free_bytes", lambda path: time.sleep(30) if Path(path) == root else free_bytes(path)
    )
    assert main(["report"]) == 0
    near = folder / "logs" / "operator" / "report"
    told = read(near, "status.json")["network_root"]
    assert (Path(told["folder"]), told["is_away"]) == (root, True)
    assert "Сетевой диск недоступен" in (near / "report.html").read_text("utf-8")


def test_root_that_takes_no_file_is_given_up(lay_out, at_noon, monkeypatch, planned):
    folder = lay_out(Scene(NOW, 1))
    monkeypatch.setattr(report, "FAR_SECONDS", 0.0)
    put = placing.put
    monkeypatch.setattr(
        placing, "put", lambda where, files: time.sleep(30) if "_report" in where else put(where, files)
    )
    assert main(["report"]) == 0
    assert "нет ответа" in planned() and (folder / "logs" / "operator" / "report" / "report.html").exists()


def test_point_without_cameras_and_network_root_is_told_nothing_false(lay_out, at_noon, planned):
    folder = lay_out(Scene(NOW, 0, days=0))
    (folder / "O_cameras" / "182").rmdir()
    assert main(["report"]) == 0 and "записано" in planned()
    assert read(folder, "logs", "operator", "report", "status.json")["network_root"] is None


def test_missing_package_is_one_sentence(lay_out, at_noon, capsys, monkeypatch):
    lay_out(Scene(NOW, 1))
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["report"]) == 1
    assert "jinja2" in capsys.readouterr().err


def test_secrets_do_not_leave_the_point(lay_out, at_noon, monkeypatch):
    secret = "123456789:AAtestTESTtestTESTtestTESTtestTEST-_x"
    folder = lay_out(Scene(NOW, 1, failures={"CloudMonitorScript": (0, f"token {secret} & more")}))
    assert main(["report"]) == 0
    for name in ("report.html", "status.json"):
        text = (folder / "O_cameras" / "182" / "_report" / name).read_text("utf-8")
        assert secret not in text and "***" in text


JPEG = (PROJECT / "scheduler_runner" / "cli" / "samples" / "sample.jpg").read_bytes()


@pytest.mark.parametrize(("said", "expected"), [("", False), ("frames = off", False), ("frames = on", True)])
def test_pictures_leave_the_point_only_where_the_ini_says_so(lay_out, at_noon, said, expected):
    folder = lay_out(Scene(NOW, 1), f"[report]\n{said}")
    moment = time.localtime()
    hour = folder / "D_camera" / "unv_camera" / "cam0" / time.strftime("%Y%m%d", moment) / "00"
    hour.mkdir(parents=True)
    (hour / "00-00-01.jpg").write_bytes(JPEG)
    assert main(["report"]) == 0
    page = (folder / "O_cameras" / "182" / "_report" / "report.html").read_text("utf-8")
    assert ("data:image/jpeg" in page) is expected


def test_status_json_is_the_same_document(lay_out, capsys):
    lay_out(Scene(NOW, 1))
    main(["status", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1 and [each["id"] for each in told["cameras"]] == ["unv_001"]


def test_bundled_task_runs_the_command_for_the_account_that_is_logged_on():
    task = next(task for task in load_schedule().tasks if task.id == REPORT_TASK)
    assert task.argv[-2:] == ("scheduler_runner", "report") and task.user == "operator"


@pytest.mark.slow
def test_runner_runs_it(lay_out):
    folder = lay_out(Scene(NOW, 1, days=0))
    environ = {**os.environ, "LOGS_ROOT": str(folder / "logs")}
    given = ["-m", "scheduler_runner.runner", "--user", "operator", "--task", REPORT_TASK]
    ran = subprocess.run(
        [sys.executable, *given], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran
    assert (folder / "O_cameras" / "182" / "_report" / "report.html").exists()
