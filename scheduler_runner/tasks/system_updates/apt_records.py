"""What dpkg and apt have on record of packages: their states and versions, and which newer ones wait. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# By dpkg-query's Status-Abbrev: what is wanted, what is, and whether it has to be installed anew.
STATES_FORMAT = "${binary:Package}\t${db:Status-Abbrev}\t${Version}\n"
_WHOLE = frozenset("inc")
"""Installed, not installed, or only its configuration is left; all others stand half-way."""
_HELD = "h"
_SOURCE = re.compile(r" +-?\d+ (?P<place>\S.*)")
_RELEASE = re.compile(r" +release (?P<fields>.*)")
_VERSION = re.compile(r" (?:\*\*\*|   ) (?P<version>\S+) -?\d+")


class PackageState(NamedTuple):
    """One package as dpkg has it."""

    version: str
    is_whole: bool
    is_held: bool


class Waiting(NamedTuple):
    """A newer version that apt knows and an upgrade does not install."""

    name: str
    is_important: bool


def parsed_states(told: str) -> dict[str, PackageState]:
    r"""Return packages by name from what ``dpkg-query`` tells with :data:`STATES_FORMAT`.

    >>> parsed_states("curl\tii \t7.88\npvz-a\thF \t2\n")["pvz-a"]
    PackageState(version='2', is_whole=False, is_held=True)
    """
    states = {}
    for line in told.splitlines():
        name, status, version = (*line.split("\t"), "", "")[:3]
        if name and len(status) >= 2:
            is_whole = status[1] in _WHOLE and status[2:3] in ("", " ")
            states[name] = PackageState(version, is_whole, status[0] == _HELD)
    return states


def is_security(sources: str) -> bool:
    """Return whether a version comes from an archive of security updates, by its label or the archive's own name.

    ``sources`` are apt's: ``Debian:12.15/oldstable, Debian-Security:12/oldstable-security``.

    >>> is_security("Debian-Security:12/oldstable-security"), is_security("Acme:1/acme-insecurity-nightly")
    (True, False)
    """
    for source in sources.split(","):
        label, _, release = source.strip().partition(":")
        if label.lower() == "debian-security" or release.rpartition("/")[2].lower().endswith("-security"):
            return True
    return False


def parsed_waiting(policy: str, policies: str, states: Mapping[str, PackageState]) -> Iterator[Waiting]:
    """Yield installed packages of which apt knows a newer version.

    ``policy`` is what ``apt-cache policy`` says of the archives, ``policies`` what it says of the packages.
    """
    labels = _labels(policy)
    name, candidate, version = "", "", ""
    important: set[str] = set()
    found: dict[str, str] = {}
    for line in policies.splitlines():
        if line[:1].strip():
            name = line.rstrip(":")
        elif line.startswith("  Candidate: "):
            candidate = line.partition(": ")[2]
            if candidate not in ("(none)", "") and name in states and candidate != states[name].version:
                found[name] = candidate
        elif (match := _VERSION.fullmatch(line)) is not None:
            version = match["version"]
        elif version == candidate and (source := _SOURCE.fullmatch(line)) is not None:
            important |= {name} if is_security(labels.get(source["place"], "")) else set()
    for name in found:
        yield Waiting(name, name in important)


def _labels(policy: str) -> dict[str, str]:
    """Return label and archive of each archive, as :func:`is_security` takes them."""
    labels, place = {}, ""
    for line in policy.splitlines():
        if (release := _RELEASE.fullmatch(line)) is not None:
            fields = dict(field.partition("=")[::2] for field in release["fields"].split(","))
            labels[place] = f"{fields.get('l') or fields.get('o', '')}:{fields.get('v', '')}/{fields.get('a', '')}"
        elif (source := _SOURCE.fullmatch(line)) is not None:
            place = source["place"]
    return labels
