"""What every command may say, and the list of commands."""

ROWS = {
    "{path} is missing": "нет файла {path}",
    "error: {error}": "ошибка: {error}",
    "interrupted": "прервано",
    "Commands:": "Команды:",
    "{command} --help says more": "подробнее: {command} --help",
    "the cameras of this point: what they wrote lately, copied or not; what the INI lacks": (
        "камеры пункта: что записано в последние дни, скопировано ли; чего нет в настройках"
    ),
    "what is not as it should be at this point, each with its cure": "что на пункте не так, и что с этим делать",
    "set the point up by questions, or put up the entry that starts one user's runner; --harden: rights": (
        "настроить пункт по вопросам или поставить запись, что запускает пользователя; --harden: права"
    ),
    "take out the entry that starts a user's runner": "убрать запись, по которой запускается пользователь",
    "send a test message, or say what is missing": "отправить пробное сообщение или сказать, чего не хватает",
    "lay out made-up recordings in sandbox/, run the runner on them, show what happened": (
        "показать работу на придуманных записях в папке sandbox/"
    ),
}
