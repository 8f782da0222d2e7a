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
    "set the point up by questions, or put one user's runner into Task Scheduler; --harden: rights": (
        "настроить пункт по вопросам или поставить запуски пользователя в Планировщик; --harden: права"
    ),
    "take a user's runner out of Task Scheduler": "убрать запуски пользователя из Планировщика заданий",
    "send a test message, or say what is missing": "отправить пробное сообщение или сказать, чего не хватает",
    "lay out made-up recordings in sandbox/, run the runner on them, show what happened": (
        "показать работу на придуманных записях в папке sandbox/"
    ),
}
