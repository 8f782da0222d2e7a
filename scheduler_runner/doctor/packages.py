"""Which of the packages that the product needs are missing or too old."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from scheduler_runner.phrases import Phrase, joined

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]*\])?\s*(?P<bounds>[<>=!~,.\d\s]*)(?:;(?P<marker>.*))?")
_MARKER = re.compile(r"""\s*sys_platform\s*==\s*["'](?P<platform>\w+)["']\s*""")
_BOUND = re.compile(r"(>=|<|==)\s*([\d.]+)")


def runtime_requirements(text: str) -> Iterator[str]:
    """Yield the lines of the first paragraph of a ``requirements.txt``: the others are for development."""
    for line in text.strip().split("\n\n")[0].splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def package_problem(requirement: str) -> "Phrase | None":
    """Return what is wrong with an installed package; ``None``: nothing, or it is another platform's.

    >>> str(package_problem("no-such-package>=1"))
    'package no-such-package is missing'
    """
    match = _REQUIREMENT.fullmatch(requirement)
    if match is None or not _is_for_here(match["marker"] or ""):
        return None
    name, bounds = match["name"], (match["bounds"] or "").strip()
    try:
        installed = version(name)
    except PackageNotFoundError:
        return Phrase("package {name} is missing", name=name)
    if satisfies(installed, bounds):
        return None
    return Phrase("package {name} is {installed}, {bounds} is needed", name=name, installed=installed, bounds=bounds)


def packages_problem(text: str) -> "Phrase | None":
    """Return what is wrong with the packages that a ``requirements.txt`` names, in one sentence; ``None``: nothing."""
    found = [problem for requirement in runtime_requirements(text) if (problem := package_problem(requirement))]
    return joined("{first}; {rest}", found) if found else None


def satisfies(installed: str, bounds: str) -> bool:
    """Return whether a version keeps to its bounds.

    >>> satisfies("7.2.2", ">=6,<8"), satisfies("8.0", ">=6,<8"), satisfies("2.10", ">=2.6,<3")
    (True, False, True)
    """
    mine = _numbers(installed)
    compare = {">=": mine.__ge__, "<": mine.__lt__, "==": mine.__eq__}
    return all(compare[sign](_numbers(bound)) for sign, bound in _BOUND.findall(bounds))


def _numbers(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.match(r"[\d.]*", text)[0].split(".") if number]  # type: ignore[index]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _is_for_here(marker: str) -> bool:
    match = _MARKER.fullmatch(marker)
    return match is None or match["platform"] == sys.platform
