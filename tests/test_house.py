"""Who may import whom: the arrows of the house, as docs/architecture.md draws them. Late imports and types count."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
TOP = "scheduler_runner"

# A room is a folder below scheduler_runner, or a module that stands there by itself.
GROUND = {"errors", "phrases", "system"}
WINGS = {"logbook", "notices", "plans", "records", "rights", "runs"}
SHARED = {"config", "outcome", "run_site", "russian", "russian_errors", "task"}
MAY_IMPORT = {
    "errors": set(),
    "phrases": set(),
    "version": set(),
    "russian": set(),
    "command_line": set(),
    "start": {"tasks"},
    "russian_configuration": set(),
    "russian_errors": {"errors", "phrases", "russian_configuration"},
    "system": {"errors"},
    "run_site": {"system"},
    "plans": GROUND,
    "records": GROUND,
    "rights": {*GROUND, "start"},
    "logbook": {"system"},
    "config": {*GROUND, "logbook", "plans"},
    "task": {"plans"},
    "outcome": {"phrases", "records", "task"},
    "entries": {*GROUND, "logbook", "plans", "start", "task"},
    "reading": {"errors", "start", "system"},
    "config_file": {"config", "errors"},
    "schedule_config": {
        *("config", "config_file", "entries", "errors", "logbook", "phrases", "reading", "system", "task")
    },
    "reading_trial": {"reading", "schedule_config", "system"},
    "section_checks": {"phrases", "reading", "russian_errors", "schedule_config", "start"},
    "deciding": {"errors", "outcome", "phrases", "plans", "records", "task"},
    "screens": {"config", "errors", "notices", "phrases", "russian", "russian_errors"},
    "dry_run": {
        "command_line",
        "config",
        "deciding",
        "errors",
        "logbook",
        "notices",
        "phrases",
        "plans",
        "point_site",
        "records",
        "schedule_config",
        "screens",
        "section_checks",
        "selection",
        "task",
    },
    "once_a_day": {"config", "doctor", "logbook", "notices", "run_site", "task"},
    "other_account": {"config", "errors", "rights", "system"},
    "protection": {"config", "errors", "rights", "schedule_config", "system"},
    "point_site": {"command_line", "config", "logbook", "notices", "plans", "run_site", "task", "utils"},
    "refusal": {
        "command_line",
        "config",
        "errors",
        "logbook",
        "notices",
        "phrases",
        "rights",
        "russian_errors",
        "screens",
        "system",
        "utils",
    },
    "selection": {"errors", "phrases", "schedule_config", "task"},
    "reasons": {*GROUND, "outcome", "plans", "records", "task"},
    "watch": {"phrases"},
    "runs": {"logbook", "outcome", "records", "run_site", "task", *GROUND},
    "notices": {*SHARED, *GROUND, "logbook", "plans", "records", "schedule_config", "version"},
    "utils": {*GROUND, "logbook", "notices", "plans", "run_site", "runs", "start", "task"},
    "report": {*GROUND, "config", "notices", "outcome", "reading", "reasons", "records", "russian", "task"},
    "setup": {*GROUND, "config", "rights", "schedule_config"},
    "tasks": {*GROUND, "config", "plans", "runs", "russian", "russian_errors"},
    "tick": {
        "deciding",
        "section_checks",
        "watch",
        "notices",
        "plans",
        "records",
        "outcome",
        "rights",
        "run_site",
        "runs",
        "task",
        "tick_runs",
        *GROUND,
    },
    "tick_runs": {"deciding", "outcome", "plans", "records", "run_site", "runs", "system", "task"},
    "doctor": {*GROUND, *WINGS, *SHARED, "schedule_config", "section_checks", "setup", "tasks", "utils"},
}
EVERYTHING = {"runner", "sender", "cli", "__main__"}
# Of a room that may be imported, only these modules may, where the whole of it would say too much.
ONLY = {
    ("tasks", "runs"): {"runs.result_file", "runs.task_lock"},
    ("doctor", "tasks"): {"tasks.cameras.settings"},
    ("doctor", "utils"): {"utils.notifications"},
}


def sources() -> "Iterator[tuple[str, Path]]":
    """Yield every module of the product with its file."""
    for path in sorted([*(PROJECT / TOP).rglob("*.py"), *(PROJECT / "config").rglob("*.py")]):
        yield ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"), path


MODULES = dict(sources())


def imports(path: Path) -> "Iterator[str]":
    """Yield the modules of ours that a file imports, wherever in it: in functions and for types, too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES or node.module in MODULES:
                    yield whole if whole in MODULES else str(node.module)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] == "config" or len(parts) == 1 else parts[1]


ARROWS = {(module, target) for module, path in MODULES.items() for target in imports(path) if target != module}


def test_every_room_stands_in_the_table():
    rooms = {room_of(module) for module in MODULES} - {TOP}
    assert rooms == {*MAY_IMPORT, *EVERYTHING}


def test_nobody_imports_what_the_house_does_not_allow():
    wrong = [
        f"{module} imports {target}"
        for module, target in sorted(ARROWS)
        for room, other in [(room_of(module), room_of(target))]
        if room != other and room not in EVERYTHING and other not in MAY_IMPORT[room]
    ]
    assert wrong == []


@pytest.mark.parametrize(("room", "other"), ONLY)
def test_of_some_rooms_only_a_part_may_be_imported(room, other):
    found = {
        target.removeprefix(f"{TOP}.")
        for module, target in ARROWS
        if (room_of(module), room_of(target)) == (room, other)
    }
    assert found <= ONLY[room, other]


def test_no_domain_imports_another():
    def domain(module: str) -> str:
        return module.split(".")[2] if module.startswith(f"{TOP}.tasks.") else ""

    assert not [
        (module, target)
        for module, target in ARROWS
        if domain(module) and domain(target) not in ("", "common", domain(module))
    ]


def test_a_room_imports_nothing_by_being_entered():
    busy = [path for path in (PROJECT / TOP).rglob("__init__.py") if len(ast.parse(path.read_text("utf-8")).body) > 1]
    assert busy == []


def circles(arrows: "set[tuple[str, str]]") -> "list[str]":
    """Return who stands on a circle: what is left when whoever imports nothing of the rest is taken away."""
    left = {end for arrow in arrows for end in arrow}
    while True:
        free = {end for end in left if not any(source == end and target in left for source, target in arrows)}
        if not free:
            return sorted(left)
        left -= free


def test_neither_modules_nor_rooms_import_each_other_in_a_circle():
    assert circles(ARROWS) == []
    assert circles({(a, b) for a, b in ((room_of(x), room_of(y)) for x, y in ARROWS) if a != b}) == []


def test_a_circle_would_be_found():
    assert circles({("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}) == ["a", "b", "c"]
