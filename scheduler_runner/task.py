"""A task, as everything above and below shares it.

What an idle tick imports are named tuples: as dataclasses these values cost it a third of its time.
"""

from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.plans.plan import Plan


class Task(NamedTuple):
    """One sound entry of a domain's ``SCHEDULE``.

    Built by ``schedule_config`` only; the keys and their defaults are in docs/configuration.md.
    """

    name: str
    domain: str
    user: str
    plan: Plan
    argv: tuple[str, ...]
    """The whole command, the interpreter included."""
    timeout_seconds: float = 600.0
    retries: int = 0
    retry_delay_seconds: float = 300.0
    env: Mapping[str, str | None] = MappingProxyType({})
    """Added to the child's environment; ``None`` removes the variable."""
    secrets: tuple[str, ...] = ()
    working_dir: str | None = None
    """``None``: the project's root."""
    group: str | None = None
    ok_codes: frozenset[int] = frozenset({0})
    warn_codes: frozenset[int] = frozenset()
    detailed_logs: bool = False
    enabled: bool = True
    source: str = ""
    """The configuration file it comes from, relative to the project, with forward slashes."""
    title: str = ""
    """What people read in the place of the name; ``""``: the name."""
    advice: str = ""
    """What to do when it fails, for whoever reads the notice."""

    @property
    def id(self) -> str:
        """``{domain}_{name}``: the task's name in ``--task``, its log folder, its lock and the ledger."""
        return f"{self.domain}_{self.name}"

    @property
    def shown(self) -> str:
        """The task as people read it."""
        return self.title or self.name

    def may_start(self, slot: int, now: int, zone: tzinfo | None) -> bool:
        """Return whether a slot may start now: the latest one, within its time and hours. Zone ``None``: the PC's."""
        return self.plan.due(now, zone or PC_ZONE) == slot

    def is_called(self, name: str) -> bool:
        """Return whether people mean this task: ``NAME``, ``domain_NAME`` or its title, whatever the case."""
        return name.lower() in (self.name.lower(), self.id.lower(), self.title.lower() or None)
