"""Secrets of an account in a file of its own, ``NAME=value`` lines: ``setx /M`` would show them to every account."""

import glob
import os
import threading
from collections.abc import Mapping, MutableMapping

from config.base_config import Point, config_path
from config.ini import read_ini
from scheduler_runner.errors import ConfigError
from scheduler_runner.system.own_files import read_own

SECONDS = 20.0
"""A file on a drive that does not answer is waited for no longer."""
_MOST_BYTES = 64 * 1024


def secrets_path(named: str, user: str, ini_path: str) -> str:
    """Return where a user's secrets lie; relative to the INI. ``""`` where none are named.

    >>> secrets_path("C:/PVZ-secrets/{user}.env", "Operator", "/pvz.ini").replace(os.sep, "/")[-12:]
    'operator.env'
    """
    return os.path.join(os.path.dirname(ini_path), named.replace("{user}", user.lower())) if named else ""


def take_secrets(user: str, environ: MutableMapping[str, str], point: Point | None = None) -> None:
    """Put a user's secrets into ``environ``, over what is there. Raises ``ConfigError``, no value in its sentence.

    A file that is not there is none: not every account needs one.
    """
    named = point.secrets_file if point else read_ini(config_path()).own("scheduler").get("secrets_file", "").strip()
    path = secrets_path(named, user, point.path if point else config_path())
    if path:
        environ.update(read_secrets(path))


def take_known_secrets(environ: MutableMapping[str, str], first: str) -> list[ConfigError]:
    """Put into ``environ`` what this account may read of all users' secrets; return which files it may not, and why.

    For commands, which speak of the whole point. Of several values of one name that of the user ``first`` counts.
    """
    try:
        named = read_ini(config_path()).own("scheduler").get("secrets_file", "").strip()
    except ConfigError:
        return []
    taken: dict[str, str] = {}
    unread = []
    for path in _paths_of_all(named, first):
        try:
            taken = {**read_secrets(path), **taken}
        except ConfigError as error:
            unread.append(error)
    environ.update(taken)
    return unread


def _paths_of_all(named: str, first: str) -> list[str]:
    """Return the files of secrets that are there, the one of the user ``first`` before the others."""
    own = secrets_path(named, first, config_path())
    pattern = glob.escape(secrets_path(named, "{user}", config_path())).replace("{user}", "*")
    found = glob.glob(pattern) if named else []
    return sorted(found, key=lambda path: (os.path.normcase(path) != os.path.normcase(own), path))


def read_secrets(path: str, seconds: float = SECONDS) -> Mapping[str, str]:
    """Return what a file of secrets holds. Raises ``ConfigError``: the line's number, what would be right."""
    answers: list[bytes | OSError] = []

    def read() -> None:
        try:
            answers.append(read_own(path, _MOST_BYTES))
        except FileNotFoundError:
            answers.append(b"")
        except OSError as error:
            answers.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(seconds)
    answer = answers[0] if answers else TimeoutError("it does not answer")
    if isinstance(answer, OSError):
        raise ConfigError(
            "secrets_file {path} cannot be read: {why}: a file of this account's with NAME=value lines would be right",
            path=path,
            why=answer.strerror or answer,
        )
    return parse_secrets(answer, path)


def parse_secrets(content: bytes, path: str) -> Mapping[str, str]:
    """Return names and values; ``#`` begins a remark, quotes around a value are left out. Raises ``ConfigError``."""
    from scheduler_runner.logbook.masking import is_secret_name

    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    secrets = {}
    for number, line in enumerate(content.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").splitlines(), 1):
        name, is_given, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not is_given or not is_secret_name(name):
            # Only what is known for a secret by its name is masked, and kept from tasks that do not ask for it.
            raise ConfigError(
                "secrets_file {path}, line {number}: NAME=value would be right, with a name such as BOT_TOKEN, "
                "NAS_PASSWORD, API_KEY",
                path=path,
                number=number,
            )
        is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        secrets[name] = value[1:-1] if is_quoted else value
    return secrets
