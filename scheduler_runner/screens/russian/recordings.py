"""What ``recordings`` says."""

ROWS = {
    "the recordings of a camera at a time: where they are; --to-folder copies them": (
        "записи камеры за время: где они; --to-folder копирует их"
    ),
    "{path} cannot be read: {error}": "{path} не читается: {error}",
    "{camera}: no recording between {since:%d.%m.%Y %H:%M} and {until:%d.%m.%Y %H:%M}": (
        "{camera}: нет записей с {since:%d.%m.%Y %H:%M} по {until:%d.%m.%Y %H:%M}"
    ),
    "{camera}: {count} recordings, {size}": "{camera}: записей {count}, {size}",
    "this camera's clock is wrong by {minutes:+d} minutes: times are the PC's, names are the camera's": (
        "часы этой камеры неверны, минут: {minutes:+d}; время показано по компьютеру, в именах — время камеры"
    ),
    "on the disk": "на диске",
    "in the network root": "в облаке",
    "and {count} more": "и ещё {count}",
    "--to-folder copies them": "--to-folder скопирует их",
    "{path} was not copied: {error}": "не скопировано {path}: {error}",
    "copied to {folder}: {count}": "скопировано в {folder}: {count}",
}
