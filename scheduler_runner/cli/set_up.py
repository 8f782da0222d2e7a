"""``install`` without options: ask what only a person knows, write the INI, put up the entries, show what is left."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable

from config.base_config import EXAMPLE_ID, config_path, load_point, read_pvz_id
from config.hours import read_week
from config.ini import read_ini
from config.launcher import pvz
from config.values import WrongValue
from scheduler_runner.cli.chat_finder import wait_for_chat
from scheduler_runner.cli.doctor import show_findings
from scheduler_runner.cli.questions import Questions
from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.patient import patient
from scheduler_runner.errors import ConfigError, SchedulerError, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.screen import Screen
from scheduler_runner.setup.here import CONFIG_VARIABLE

CHAT_WAIT_SECONDS = 180.0
_NEW_INI = (
    os.path.join(os.environ.get("ProgramData", "C:\\ProgramData"), "PVZ", "pvz.ini")  # noqa: SIM112 - Windows' spelling
    if sys.platform == "win32"
    else os.path.join(os.path.expanduser("~"), ".config", "pvz", "pvz.ini")
)
_API_URL = "https://api.telegram.org"
_TOKEN_FILE = "telegram_token.txt"  # noqa: S105 - a file's name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.cli.cameras import CameraView

Install = Callable[[list[str]], int]


def set_up(shown: Screen, users: Iterable[str], install: Install) -> int:
    """Ask, write the INI, install for each user and show what is left; return the gravest code of the installing.

    ``install`` takes the options of a user's entry.
    """
    ask = Questions(shown)
    path = _ini(shown, ask)
    is_named = os.environ.get(CONFIG_VARIABLE) == path
    os.environ[CONFIG_VARIABLE] = path
    code = 0
    for user in users:
        try:
            code = max(code, install(["--user", user, "--config", path]))
        except SchedulerError as error:
            shown.say("error: {error}", error=error, look="bad")
            if isinstance(error, UsageError):  # the account has another name: who answers questions knows no option
                words = ["install", "--user", user, "--config", path, "--account", "NAME"]
                shown.say("{command}", command=pvz(subprocess.list2cmdline(words)), indent=2)
            code = max(code, int(error.exit_code))
    _show_what_is_left(shown)
    if not is_named:  # the entry names it; what is typed by hand would go by the example's
        shown.say("so that commands typed by hand read the same INI:")
        shown.copy(_naming(path))
    shown.say("how the point is: {command}", command=pvz("doctor"))
    return code


def _ini(shown: Screen, ask: Questions) -> str:
    """Return the path of the point's INI, which is there and sound."""
    known = config_path() if os.environ.get(CONFIG_VARIABLE) else _NEW_INI
    answer = ask.answer("Where is the point's INI, or is to be?", known, _require_ini_path)
    path = os.path.abspath(os.path.expanduser(answer))
    if os.path.exists(path) and _is_sound(shown, path) and ask.agrees("It is there and sound. Is it to stay as it is?"):
        return path
    text = _asked(shown, ask, os.path.dirname(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        os.replace(path, f"{path}.before")
        shown.say("the former INI is kept as {path}", path=f"{path}.before")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    cameras = _camera_sections(shown, ask, path)
    with open(path, "a", encoding="utf-8") as file:
        file.write(cameras)
    shown.say("written: {path}", path=path, look="good")
    return path


def _require_ini_path(text: str) -> None:
    """Raise ``ConfigError`` for what is no whole path of an INI: the point's number, typed a question too early."""
    path = os.path.expanduser(text)
    if not os.path.isabs(path) or not (path.lower().endswith(".ini") or os.path.isfile(path)):
        raise WrongValue("a whole path that ends with .ini, such as {path}", path=_NEW_INI)


def _is_sound(shown: Screen, path: str) -> bool:
    try:
        load_point(path)
    except ConfigError as error:
        shown.say(error, look="bad")
        return False
    return True


def _asked(shown: Screen, ask: Questions, folder: str) -> str:
    """Return the INI's text but for the cameras."""
    before = _example()
    pvz_id = ask.answer("Number or name of the point", read=_own_id)
    roots = ask.answer("Where do the cameras write? Several folders: with ;", before["local_roots"])
    network = ask.answer("Where are recordings copied to?", before["network_root"])
    hours = ask.answer("When is the point open?", before["working_hours"], read=read_week)
    lines = ["[DEFAULT]", f"PVZ_ID = {pvz_id}", "ENV_MODE = production", "[cameras]", "local_roots ="]
    lines += [f"    {root.strip()}" for root in roots.split(";") if root.strip()]
    lines += [f"network_root = {network}", f"working_hours = {hours}", *_telegram(shown, ask, folder)]
    return "\n".join(lines) + "\n"


def _example() -> dict[str, str]:
    own = dict(read_ini(config_path()).own("cameras")) if os.path.exists(config_path()) else {}
    defaults = {"local_roots": "D:/camera", "network_root": "O:/cameras/{PVZ_ID}", "working_hours": "09:00-21:00"}
    return {key: (own.get(key) or value).replace("\n", "; ") for key, value in defaults.items()}


def _own_id(pvz_id: str) -> None:
    if pvz_id.upper() == EXAMPLE_ID:
        raise WrongValue("the point's own number or name in the place of the example's, such as 182 or СОСНОВКА_10,")
    read_pvz_id(pvz_id)


def _telegram(shown: Screen, ask: Questions, folder: str) -> list[str]:
    """Return the section of Telegram, its token in a file of its own; nothing where nobody is told yet."""
    token = os.environ.get("TELEGRAM_BOT_TOKEN", "")
    given = "" if token else ask.answer("The bot's token, as BotFather gives it; empty: nobody is told yet")
    if not token and not given:
        return []
    api_url = os.environ.get("TELEGRAM_API_URL", "") or _API_URL
    shown.say("Now write one message to the bot, or in the group where it is a member.", look="strong")
    chat_id = ""
    try:
        chat = wait_for_chat(token or given, api_url, CHAT_WAIT_SECONDS)
        if chat is not None:
            shown.say("the chat: {title} ({id})", title=chat.title, id=chat.id, look="good")
            chat_id = chat.id
    except SchedulerError as error:
        shown.say(error, look="bad")
    chat_id = chat_id or ask.answer("Nobody wrote. The chat's number, such as -1001234567890; empty: later")
    lines = ["[telegram]", f"chat_id = {chat_id}"]
    if given:
        os.makedirs(folder, exist_ok=True)
        with open(
            os.open(os.path.join(folder, _TOKEN_FILE), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w"
        ) as file:
            file.write(given + "\n")
        lines.append(f"token_file = {_TOKEN_FILE}")
    return lines


def _camera_sections(shown: Screen, ask: Questions, path: str) -> str:
    """Return the sections of the cameras that are found, each with what a person says where it hangs."""
    try:
        from scheduler_runner.cli.cameras import look_at_cameras
        from scheduler_runner.tasks.cameras.settings import load_camera_settings
    except ImportError:
        return ""  # a point without the domain of cameras
    try:
        views, _ = look_at_cameras(load_camera_settings(path), 1, lambda *_: None)
    except SchedulerError as error:
        shown.say(error, look="odd")
        shown.say("cameras are listed later: {command}", command=pvz("cameras"))
        return ""
    return "".join(_section(ask, view) for view in views if not view.is_listed)


def _section(ask: Questions, view: "CameraView") -> str:
    camera = view.camera
    newest = f"{view.newest:%d.%m %H:%M}" if view.newest else "-"
    told = "Camera {kind} {uid}, newest recording {newest}: in which area?"
    question = Phrase(told, kind=camera.kind, uid=camera.uid, newest=newest)
    area, place = ask.answer(question), ask.answer("Where does it hang, more closely?")
    return f"[camera {camera.id}]\nkind = {camera.kind}\nuid = {camera.uid}\narea = {area}\nplace = {place}\n"


def _show_what_is_left(shown: Screen) -> None:
    checks = [check for check in CHECKS if check.is_of_configuration]
    found = list(look(patient(), checks))
    shown.say("Left to do:" if found else "Nothing is left to choose.", look="strong")
    show_findings(shown, found)


if sys.platform == "win32":

    def _naming(path: str) -> str:
        """Return what an administrator types so that every new console knows the INI."""
        return f'setx /M {CONFIG_VARIABLE} "{path}"'

else:

    def _naming(path: str) -> str:
        """Return what a console is told, or the account's profile, so that it knows the INI."""
        return f"export {CONFIG_VARIABLE}={shlex.quote(path)}"
