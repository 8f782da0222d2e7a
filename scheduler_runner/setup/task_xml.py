"""An entry as Task Scheduler's XML, and back. Pure.

``schtasks`` takes UTF-16 LE with a byte order mark and nothing else.
"""

import codecs
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from scheduler_runner.errors import ConfigError
from scheduler_runner.setup.task_entry import SETTINGS, SYSTEM_SID, Entry, Logon

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
# A moment in the past, at the full hour: ticks come at :00, :05, :10 from now on.
_START = "2026-01-01T00:00:00"
_DELAY = "PT1M"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNIT_SECONDS = (86400, 3600, 60, 1)


def to_xml(entry: Entry) -> bytes:
    """Return the file that ``schtasks /Create /XML`` takes."""
    task = Element("Task", version="1.2", xmlns=_NAMESPACE)
    registration = SubElement(task, "RegistrationInfo")
    _add(
        registration,
        "Description",
        f"PVZ scheduler, tasks of {entry.user}. Written by: python -m scheduler_runner install",
    )
    _add(registration, "URI", entry.path)
    _add_triggers(SubElement(task, "Triggers"), entry)
    _add_principal(SubElement(SubElement(task, "Principals"), "Principal", id="Author"), entry)
    settings = SubElement(task, "Settings")
    for name, value in entry.settings.items():
        _add(settings, name, value)
    action = SubElement(SubElement(task, "Actions", Context="Author"), "Exec")
    _add(action, "Command", entry.command)
    _add(action, "Arguments", entry.arguments)
    _add(action, "WorkingDirectory", entry.working_dir)
    ElementTree.indent(task)
    text = '<?xml version="1.0" encoding="UTF-16"?>\n' + ElementTree.tostring(task, encoding="unicode") + "\n"
    return codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le")


def from_xml(text: str | bytes, path: str = "") -> Entry:
    """Return the entry that an XML describes; what it leaves out is as Task Scheduler takes it.

    ``path`` is its name in Task Scheduler, by default the one inside. Raises ``ConfigError`` for what is no entry.
    """
    try:
        task = ElementTree.fromstring(_without_declaration(text))  # noqa: S314 - Task Scheduler's own, or a file of ours
    except ElementTree.ParseError as error:
        raise ConfigError(
            "the entry {path} is no XML ({error}): install it again", path=path or "?", error=error
        ) from error
    for element in task.iter():
        element.tag = element.tag.rpartition("}")[2]
    account = _text(task, "Principals/Principal/UserId") or _text(task, "Principals/Principal/GroupId")
    return Entry(
        path=path or _text(task, "RegistrationInfo/URI"),
        account=account,
        logon=_logon(_text(task, "Principals/Principal/LogonType"), account),
        is_highest=_text(task, "Principals/Principal/RunLevel") == "HighestAvailable",
        # Task Scheduler takes a quoted program for the unquoted one; a quoted folder it does not find.
        command=_text(task, "Actions/Exec/Command").strip('"'),
        arguments=_text(task, "Actions/Exec/Arguments"),
        working_dir=_text(task, "Actions/Exec/WorkingDirectory"),
        every_minutes=min(_endless_repetitions(task), default=None),
        starts=tuple(trigger.tag for trigger in _enabled_triggers(task) if trigger.tag in _STARTS),
        settings={name: _setting(task, name) for name in SETTINGS},
    )


def seconds_of(duration: str) -> int | None:
    """Return the length of an XML duration; ``None`` for another text.

    >>> seconds_of("PT72H") == seconds_of("P3D"), seconds_of("PT0S"), seconds_of("soon")
    (True, 0, None)
    """
    match = _DURATION.fullmatch(duration)
    if match is None or duration in ("P", ""):
        return None
    return sum(int(number or 0) * unit for number, unit in zip(match.groups(), _UNIT_SECONDS))


_STARTS = ("LogonTrigger", "BootTrigger")


def _add(parent: Element, path: str, text: str) -> Element:
    """Add an element below ``parent``; the folders of a path such as ``IdleSettings/StopOnIdleEnd`` are made."""
    for name in path.split("/"):
        parent = SubElement(parent, name)
    parent.text = text
    return parent


def _add_triggers(triggers: Element, entry: Entry) -> None:
    if entry.every_minutes is not None:
        timed = SubElement(triggers, "TimeTrigger")
        # Without Duration it repeats for ever.
        repetition = SubElement(timed, "Repetition")
        _add(repetition, "Interval", f"PT{entry.every_minutes:g}M")
        _add(repetition, "StopAtDurationEnd", "false")
        _add(timed, "StartBoundary", _START)
        _add(timed, "Enabled", "true")
    for kind in entry.starts:
        trigger = SubElement(triggers, kind)
        _add(trigger, "Enabled", "true")
        if kind == "LogonTrigger":
            _add(trigger, "UserId", entry.account)
        _add(trigger, "Delay", _DELAY)


def _add_principal(principal: Element, entry: Entry) -> None:
    _add(principal, "UserId", entry.account)
    if entry.logon is not None and entry.logon.xml_name:
        _add(principal, "LogonType", entry.logon.xml_name)
    _add(principal, "RunLevel", "HighestAvailable" if entry.is_highest else "LeastPrivilege")


def _without_declaration(text: str | bytes) -> str:
    """Return the text alone: its declaration names an encoding that it no longer has."""
    if isinstance(text, bytes):
        text = text.decode("utf-16")
    return re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _setting(task: Element, name: str) -> str:
    """Return a setting's value; where it is left out, Task Scheduler's own."""
    value = _text(task, f"Settings/{name}") or SETTINGS[name].default
    return value.lower() if value.lower() in ("true", "false") else value


def _logon(name: str, account: str) -> Logon | None:
    if not name and account.upper() in (SYSTEM_SID, "SYSTEM", "NT AUTHORITY\\SYSTEM"):
        return Logon.SYSTEM
    return next((logon for logon in Logon if logon.xml_name and logon.xml_name == name), None)


def _enabled_triggers(task: Element) -> Iterator[Element]:
    for trigger in task.findall("Triggers/*"):
        if _text(trigger, "Enabled").lower() != "false" and not _text(trigger, "EndBoundary"):
            yield trigger


def _endless_repetitions(task: Element) -> Iterator[float]:
    for trigger in _enabled_triggers(task):
        seconds = seconds_of(_text(trigger, "Repetition/Interval"))
        if seconds and trigger.tag == "TimeTrigger" and not seconds_of(_text(trigger, "Repetition/Duration")):
            yield seconds / 60
