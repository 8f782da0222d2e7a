"""What ``cameras`` says."""

ROWS = {
    "cannot read {path}: {reason}": "не читается {path}: {reason}",
    "camera": "камера",
    "newest": "последняя",
    "files/day": "файлов/день",
    "size/day": "объём/день",
    "copied, {days} days": "скопировано, {days} дн.",
    "{copied} of {files}": "{copied} из {files}",
    "{kind} {uid}, not listed": "{kind} {uid}, нет в настройках",
    "never": "нет",
    "no camera is listed, and no recording is there yet": "ни одной камеры в настройках, и ни одной записи ещё нет",
    "not understood: {files} files, such as {example}": "не распознано файлов: {files}, например {example}",
    "links, nothing behind them is read: {links}": "ссылки, записи за ними не видны: {links}",
    "Not listed yet; fill in area and place, and add to {path}:": (
        "В настройках этих камер ещё нет; впишите area и place и добавьте в {path}:"
    ),
}
