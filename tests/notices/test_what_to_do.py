"""The page that says what to do has every notice, and three steps for each."""

import re

import pytest

from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.phrases import WRONG
from scheduler_runner.notices.sentences import text_of
from scheduler_runner.notices.texts import refused
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.tasks.cameras.config.cameras_config import SCHEDULE as CAMERAS
from scheduler_runner.tasks.system_updates.config.system_updates_config import SCHEDULE as UPDATES
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "what-to-do.ru.md").read_text("utf-8")
SECTIONS = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
HEADINGS = "\n".join(section.split("\n")[0].lower() for section in SECTIONS)


def beginning(kind: Kind) -> str:
    """Return what a notice of this kind begins with, whatever it is about."""
    facts = {"level": "task", "state": "fails", "title": "X", "name": "X", "now": 10 * 86400, "last": 0}
    headline = text_of(Notice(kind, 0, "", facts), PC_ZONE).headline.split("X")[0].strip().rstrip(",")
    return re.sub(r"^\d+ \w+ ", "", headline).removesuffix("сбой:").rstrip(": ").lower() or "сбой"


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_notice_is_there(kind):
    assert beginning(kind) in HEADINGS


@pytest.mark.parametrize("told", [*WRONG.values(), "журнал учёта не записывается", refused("182").partition(": ")[2]])
def test_every_thing_that_lasts_is_there(told):
    assert told.split(",")[0].lower() in HEADINGS or told == WRONG["clock_ahead"]


@pytest.mark.parametrize("entry", [*CAMERAS, *UPDATES], ids=lambda entry: entry["name"])
def test_every_bundled_task_is_there_by_the_title_that_its_notice_has(entry):
    assert entry["title"].lower() in HEADINGS
    assert entry["advice"]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.split("\n")[0])
def test_each_has_three_steps(section):
    assert re.findall(r"^(\d)\. ", section, flags=re.MULTILINE) == ["1", "2", "3"]
