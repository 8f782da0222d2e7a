"""``report``."""

ROWS = {
    "the page of this point, status.json beside it; --index FOLDER: one page over all points": (
        "страница пункта и рядом status.json; --index ПАПКА: одна страница обо всех пунктах"
    ),
    "{folder} is away: the page is on this PC alone, {path}": (
        "{folder} недоступна: страница только на этом компьютере, {path}"
    ),
    "{error}: the page is on this PC alone, {path}": "{error}: страница только на этом компьютере, {path}",
    "nothing has changed since {moment}": "с {moment} ничего не изменилось",
    "chat {chat}: sent": "чат {chat}: отправлено",
    "chat {chat}: not sent: {reason}": "чат {chat}: не отправлено: {reason}",
}
