"""All points on one page, and one message of them all."""

import json

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.report.fleet import fleet_message, fleet_page, read_fleet
from tests.bot_api import TOKEN, BotApi
from tests.conftest import INI
from tests.report.conftest import NOW
from tests.report.scenes import ZONE

AT = NOW.timestamp()


@pytest.fixture
def fleet(tmp_path):
    """Return a function that lays out a point's ``status.json`` below a folder, and that folder."""

    def lay_out(name, *, below="_report", **values):
        folder = tmp_path / "fleet" / name / below
        folder.mkdir(parents=True, exist_ok=True)
        usual = {"schema": 1, "point": name, "at": AT - 600, "expected_by": AT + 6600, "ok": True,
                 "headline": "всё в порядке", "version": "0.2.0", "cameras": [{"behind": 3}], "free_bytes": {"D:": 5, "O:": None}}  # fmt: skip
        (folder / "status.json").write_text(json.dumps({**usual, **values}), "utf-8")

    lay_out.folder = tmp_path / "fleet"
    (tmp_path / "fleet").mkdir()
    return lay_out


def read(fleet):
    return read_fleet(str(fleet.folder), AT)


def test_silent_points_come_first_then_the_wrong_ones_numbers_as_numbers(fleet):
    for name in ("100", "9", "СОСНОВКА_10"):
        fleet(name)
    fleet("20", ok=False, headline="камера молчит")
    fleet("77", expected_by=AT - 1)
    assert [point.name for point in read(fleet)] == ["77", "20", "9", "100", "СОСНОВКА_10"]


def test_message_says_how_many_are_well_who_is_wrong_and_who_is_silent(fleet):
    for number in range(1, 38):
        fleet(str(number))
    fleet("182", ok=False, headline="Камера молчит")
    for name in ("77", "91"):
        fleet(name, at=AT - 86400, expected_by=AT - 3600)
    text = fleet_message(read(fleet), AT, ZONE)
    assert text == "40 пунктов: 37 в порядке; 182 — камера молчит; 77, 91 — нет вестей с 24.11 19:00"


def test_message_of_many_troubles_has_a_line_for_each(fleet):
    for number in range(5):
        fleet(str(number), ok=False, headline="камера молчит")
    assert fleet_message(read(fleet), AT, ZONE).splitlines()[:2] == ["5 пунктов: 0 в порядке", "0 — камера молчит"]


def test_message_of_a_good_morning_is_one_sentence(fleet):
    fleet("1")
    fleet("2", below="")
    assert fleet_message(read(fleet), AT, ZONE) == "2 пункта: все в порядке"


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"at": "now", "expected_by": 1}', '{"at": NaN, "expected_by": 1}', "x" * 300_000, "[" * 100_000],
)
def test_file_that_makes_no_sense_is_told_and_holds_up_no_other(fleet, content):
    fleet("1")
    fleet("2")
    (fleet.folder / "1" / "_report" / "status.json").write_text(content)
    (fleet.folder / "not a point").mkdir()
    points = read(fleet)
    assert [(point.name, point.trouble) for point in points] == [("1", "status.json не читается"), ("2", "")]
    assert "1 — status.json не читается" in fleet_message(points, AT, ZONE)


@pytest.mark.parametrize(
    "values", [{"cameras": 7, "free_bytes": []}, {"cameras": [1, {"behind": -1}]}, {"headline": None}]
)
def test_odd_values_cost_nothing_but_themselves(fleet, values):
    fleet("1", **values)
    (point,) = read(fleet)
    assert point.trouble == "" and fleet_page([point], AT, ZONE)


def test_markup_in_names_stays_text_and_links_stay_in_the_folder(fleet):
    fleet("a&b 'c'", point="<script>alert(1)</script>", headline="<img src=x onerror=alert(1)>")
    page = fleet_page(read(fleet), AT, ZONE)
    assert "<script>alert(1)" not in page and "<img" not in page
    assert 'href="a%26b%20%27c%27/_report/report.html"' in page


def test_command_writes_the_page_and_says_the_message(fleet, capsys, ini):
    ini(INI.replace("language = en", "language = ru"))
    fleet("1", expected_by=9e9)
    assert main(["report", "--index", str(fleet.folder)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1 пункт: все в порядке"
    assert "1/_report/report.html" in (fleet.folder / "index.html").read_text("utf-8")


def test_folder_that_is_not_there_is_one_sentence(ini, capsys, tmp_path):
    ini()
    assert main(["report", "--index", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


@pytest.mark.slow
def test_message_goes_out_once_over_all_points(fleet, project):
    fleet("182", ok=False, headline="<b>камера молчит", expected_by=9e9)
    with BotApi() as api:
        told = INI + f"[telegram]\nchat_id = 5\napi_url = {api.url}\nsend_seconds = 60\n"
        (project.root / "pvz_config.ini").write_text(told, "utf-8")
        environ = {"NO_PROXY": "127.0.0.1", "TELEGRAM_BOT_TOKEN_TEST": TOKEN}
        run = project.run("report", "--index", str(fleet.folder), "--send", module="scheduler_runner", **environ)
        assert run.returncode == 0 and "chat 5: sent" in run.stdout, run
        (message,) = api.delivered
    assert message.text == "<b>1 пункт: 0 в порядке; 182 — &lt;b&gt;камера молчит</b>"


def test_nobody_to_send_to_is_told(fleet, ini, capsys):
    ini()
    assert main(["report", "--index", str(fleet.folder), "--send"]) == 3
    assert "nobody can be told" in capsys.readouterr().err
