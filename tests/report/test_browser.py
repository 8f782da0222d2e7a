"""The pages in a real browser, opened from a file: Debian's chromium, where there is one."""

import json
import shutil
from datetime import datetime, timedelta

import pytest

from scheduler_runner.report.fleet import fleet_page, read_fleet
from scheduler_runner.report.page import page
from tests.report.scenes import ZONE, Scene, busy_point

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here"),
    # Its connections are closed when the interpreter ends, whatever the test did.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
WIDTHS = (390, 1440)
MARKUP = "<script>document.title='carried out'</script><img src=x onerror=\"document.title='carried out'\">"
NOW = datetime.now(ZONE)
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=19, minute=10, second=0, microsecond=0)


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Return a function that opens a page from a file, and fails where the console complains or something is fetched."""
    complaints, opened = [], []

    def open_page(html, width=1440, theme="light"):
        path = tmp_path / "страница пункта.html"
        path.write_text(html, "utf-8")
        opened.append(chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme))
        shown = opened[-1].new_page()
        shown.set_default_timeout(60_000)
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        shown.goto(path.as_uri())
        return shown

    yield open_page
    for each in opened:
        each.close()
    assert complaints == []


@pytest.fixture
def html_of(gathered):
    """Return a function that makes the page of a scene."""

    def make(scene, pvz_id="182"):
        found = gathered(scene, pvz_id=pvz_id)
        return page(found.facts, found.more, ZONE)

    return make


def rows(shown, section, kind):
    """Return the days' words of each row, by what stands at its beginning."""
    found = {}
    for row in shown.locator(f"#{section} .row.{kind}").all():
        name = row.locator(".name span").inner_text().strip()
        found[name] = row.locator(".days button").evaluate_all(
            "all => all.map(each => each.getAttribute('aria-label'))"
        )
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_camera_and_task_is_shown_and_nothing_hangs_over(show, html_of, width, theme):
    shown = show(html_of(busy_point(YESTERDAY)), width, theme)
    cameras, tasks = rows(shown, "cameras", "camera"), rows(shown, "tasks", "task")
    assert [name.partition(" ")[0] for name in cameras] == ["unv_001", "unv_002", "unv_003"]
    assert {"Копирование записей", "Проверка камер", "Обновление системы", "Страница пункта"} <= set(tasks)
    assert {len(days) for days in [*cameras.values(), *tasks.values()]} == {14}
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    seen = shown.locator("#cameras .row.camera svg").first.bounding_box()
    assert seen["width"] > width * 0.6 and seen["height"] > 10
    ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 150) is (theme == "dark")


def test_what_is_planted_is_found_where_it_belongs(show, html_of):
    shown = show(html_of(busy_point(YESTERDAY)))
    cameras, tasks = rows(shown, "cameras", "camera"), rows(shown, "tasks", "task")

    def days(found, name, words):
        (row,) = [row for each, row in found.items() if each.startswith(name)]
        return [index for index, day in enumerate(row) if words in day]

    assert days(cameras, "unv_002", "нет записей 13:00-16:00") == [10]
    assert days(cameras, "unv_003", "не скопировано") == [11]
    assert days(cameras, "unv_001", "закрыто") == [7]
    assert days(tasks, "Проверка камер", "14:05 сбой (40 с): unv_002: нет записей с 14:00") == [9]
    assert days(tasks, "Копирование записей", "21:10 пропущено: компьютер был выключен") == [8]
    assert days(tasks, "Очистка облака", "20:55 на паузе") == [11]
    # And to the eye: the gap's box lies in its camera's row, a little right of the eleventh day's beginning.
    gap = shown.locator("#cameras .row.camera").nth(1).locator("path.gap").bounding_box()
    day = shown.locator("#cameras .row.camera").nth(1).locator(".days button").nth(10).bounding_box()
    assert day["x"] < gap["x"] and gap["x"] + gap["width"] < day["x"] + day["width"]
    colour = shown.locator("#cameras path.gap").first.evaluate("each => getComputedStyle(each).fill")
    usual = shown.locator("#cameras path.full").first.evaluate("each => getComputedStyle(each).fill")
    assert colour != usual


def test_failures_stand_with_their_logs(show, html_of):
    shown = show(html_of(busy_point(YESTERDAY)))
    first = shown.locator("#failures details").first
    assert "Проверка облака" in first.inner_text() and "на диске нет места" in first.inner_text()
    first.locator("summary").click()
    assert first.locator("pre").is_visible()


def test_page_tells_its_age_by_itself_in_red_when_nothing_came_in_time(show, html_of):
    html, dead = html_of(Scene(YESTERDAY, 1)), NOW.timestamp() - 3 * 86400 - 60
    shown = show(_with_times(html, dead, dead + 1))
    assert shown.locator(".age .ago").inner_text() == "3 дня назад"
    assert shown.locator(".age.late").count() == 1
    shown = show(_with_times(html, NOW.timestamp() - 3600, NOW.timestamp() + 9e6))
    assert shown.locator(".age .ago").inner_text() == "1 час назад"
    assert shown.locator(".age.late").count() == 0


def _with_times(html, at, expected_by):
    head, _, rest = html.partition('data-at="')
    _, _, rest = rest.partition('data-expected="')
    return f'{head}data-at="{at}" data-expected="{expected_by}{rest[rest.index(chr(34)) :]}'


def test_markup_in_names_stays_text(show, html_of):
    scene = Scene(YESTERDAY, 2, place=lambda number: MARKUP, failures={"CloudMonitorScript": (0, MARKUP)}, dead={1: 2})
    shown = show(html_of(scene))
    assert MARKUP in shown.locator("#cameras").inner_text()
    assert MARKUP in shown.locator("#failures").inner_text()
    assert shown.locator("img").count() == 0 and "carried out" not in shown.title().partition(":")[0]
    assert shown.title() != "carried out" and shown.locator("script").count() == 1


def test_script_that_got_in_all_the_same_is_not_carried_out(chromium, html_of, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(html_of(Scene(YESTERDAY, 1)).replace("<main>", f"<main>{MARKUP}"), "utf-8")
    shown = chromium.new_page()
    shown.goto(path.as_uri())
    assert shown.title() != "carried out"
    shown.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_keyboard_alone_reaches_every_day(show, html_of, width):
    shown = show(html_of(busy_point(YESTERDAY)), width)
    detail = shown.locator("#cameras .detail")

    def focused():
        return shown.evaluate("document.activeElement.getAttribute('aria-label')")

    shown.keyboard.press("Tab")
    labels = list(rows(shown, "cameras", "camera").values())
    assert focused() == detail.inner_text() == labels[0][-1]  # today first
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("ArrowLeft")
    assert focused() == detail.inner_text() == labels[1][-2]
    shown.keyboard.press("Enter")
    assert shown.locator("#cameras button[aria-pressed=true]").count() == 1
    shown.keyboard.press("Tab")
    assert detail.inner_text() == labels[1][-2]  # what was chosen goes on being told
    assert focused() == shown.locator("#tasks .days button").nth(13).get_attribute("aria-label")
    for _ in range(12):
        shown.keyboard.press("ArrowLeft")
    shown.keyboard.press("ArrowUp")  # there is nothing above
    assert focused() == shown.locator("#tasks .days button").nth(1).get_attribute("aria-label")
    stops = set()
    for _ in range(8):
        shown.keyboard.press("Tab")
        stops.add(shown.evaluate("document.activeElement.tagName"))
    assert "SUMMARY" in stops


def test_touch_tells_a_day_until_it_is_touched_again(show, html_of):
    shown = show(html_of(busy_point(YESTERDAY)), 390)
    day = shown.locator("#cameras .row.camera").nth(1).locator("button").nth(10)
    day.click()
    shown.mouse.move(5, 5)
    assert "нет записей 13:00-16:00" in shown.locator("#cameras .detail").inner_text()


@pytest.mark.parametrize(
    "scene", [Scene(YESTERDAY, 0, days=0), Scene(YESTERDAY, 2, off=(9, 8, 7, 6, 5, 4, 3))], ids=["empty", "off"]
)
@pytest.mark.parametrize("width", WIDTHS)
def test_empty_point_and_one_that_was_off_a_week_are_shown(show, html_of, width, scene):
    shown = show(html_of(scene), width)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.locator(".state h2").inner_text() in ("Сбоев нет", "Не всё в порядке", "Всё в порядке")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_index_shows_every_point_and_reckons_their_ages(show, tmp_path, width, theme):
    now = NOW.timestamp()
    for number in range(40):
        folder = tmp_path / "fleet" / f"{number}" / "_report"
        folder.mkdir(parents=True)
        at = now - (86400 * 3 + 60 if number == 7 else 600)
        (folder / "status.json").write_text(json.dumps({
            "schema": 1, "point": MARKUP if number == 9 else f"{number}", "at": at, "expected_by": at + 7200,
            "ok": number != 9, "headline": "всё в порядке" if number != 9 else MARKUP,
        }), "utf-8")  # fmt: skip
    points = read_fleet(str(tmp_path / "fleet"), now)
    shown = show(fleet_page(points, now, ZONE), width, theme)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.locator("tr.point").count() == 40
    first = shown.locator("tr.point").first
    assert first.locator("td").first.inner_text() == "7" and "3 дня назад" in first.inner_text()
    assert first.locator("td.late").count() == 1
    assert MARKUP in shown.locator("tr.point").nth(1).inner_text()
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.getAttribute('href')") == "7/_report/report.html"
