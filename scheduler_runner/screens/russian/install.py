"""``install``, with and without options, and ``uninstall``."""

ROWS = {
    "# add to the crontab of {user} (crontab -e):": "# добавьте в crontab пользователя {user} (crontab -e):",
    "entry": "запись",
    "starts": "запускает",
    "in": "в папке",
    "account": "учётная запись",
    "{path}, every {minutes:g} minutes and at logon": "{path}, каждые {minutes:g} мин и при входе",
    "{path}, every {minutes:g} minutes and at boot": "{path}, каждые {minutes:g} мин и при загрузке",
    "{account}: {consequence}": "{account}: {consequence}",
    "runs only while the account is logged on, with its mapped drives": (
        "работает, пока выполнен вход, со своими сетевыми дисками"
    ),
    "runs whether the account is logged on or not; Windows keeps the password: after a change install again; "
    "mapped drives are missing, so name network folders as \\\\server\\share": (
        "работает всегда; Windows хранит пароль: после его смены установите заново; "
        "сетевых дисков нет, сетевые папки пишите как \\\\server\\share"
    ),
    "runs whether the account is logged on or not, without a password, and so without network folders: "
    "copies to a NAS or a mapped drive will fail": (
        "работает всегда, без пароля, а значит, и без сетевых папок: копирование на NAS или сетевой диск не пойдёт"
    ),
    "runs with every right on this PC and without mapped drives; protect its code with --harden": (
        "работает со всеми правами на ПК и без сетевых дисков; защитите код: --harden"
    ),
    "note: this Python is no virtual environment: packages of other programs may change it": (
        "замечание: этот Python — не виртуальное окружение: другие программы могут менять его пакеты"
    ),
    "would run this, with FILE as follows:": "выполнил бы это, где FILE:",
    "would run:": "выполнил бы:",
    "running:": "выполняет:",
    "# it would run nothing yet, ordinary accounts could change its code:": (
        "# пока он не запустит ничего: его код могут менять обычные учётные записи:"
    ),
    "it only warns of what ordinary accounts could change: mend what is open, then install again": (
        "запись лишь предупреждает о том, что могут менять обычные учётные записи: исправьте и установите заново"
    ),
    "still open: {exposure}": "всё ещё открыто: {exposure}",
    "registered {path}; its state: {command}": "запись {path} установлена; её состояние: {command}",
    "Task Scheduler keeps its history from now on": "Планировщик заданий теперь ведёт историю",
    "would write {path}; registered by:": "записал бы {path}; ставится так:",
    "wrote {path}; registered by:": "записан {path}; ставится так:",
    "note: no account is called {user}: the entry is for the one that asks": (
        "замечание: учётной записи {user} нет: запись ставится для текущей"
    ),
    # Questions.
    "yes": "да",
    "yes or no would be right": "верно было бы да или нет",
    "Where is the point's INI, or is to be?": "Где лежит INI пункта или где ему быть?",
    "It is there and sound. Is it to stay as it is?": "Он есть и верен. Оставить как есть?",
    "the former INI is kept as {path}": "прежний INI сохранён как {path}",
    "written: {path}": "записано: {path}",
    "Number or name of the point": "Номер или имя пункта",
    "Where do the cameras write? Several folders: with ;": "Куда пишут камеры? Несколько папок — через ;",
    "Where are recordings copied to?": "Куда копировать записи?",
    "When is the point open?": "Когда пункт открыт?",
    "The bot's token, as BotFather gives it; empty: nobody is told yet": (
        "Токен бота, каким его дал BotFather; пусто — пока не сообщать никому"
    ),
    "Now write one message to the bot, or in the group where it is a member.": (
        "Теперь напишите боту одно сообщение или напишите в группе, куда он добавлен."
    ),
    "the chat: {title} ({id})": "чат: {title} ({id})",
    "Nobody wrote. The chat's number, such as -1001234567890; empty: later": (
        "Сообщения не было. Номер чата, например -1001234567890; пусто — позже"
    ),
    "cameras are listed later: {command}": "камеры можно внести позже: {command}",
    "Camera {kind} {uid}, newest recording {newest}: in which area?": (
        "Камера {kind} {uid}, последняя запись {newest}: какая зона?"
    ),
    "Where does it hang, more closely?": "Где она висит, точнее?",
    "Left to do:": "Осталось:",
    "Nothing is left to choose.": "Выбирать больше нечего.",
    "so that commands typed by hand read the same INI:": "чтобы команды вручную читали тот же INI:",
    "how the point is: {command}": "как дела у пункта: {command}",
    # Removal.
    "remove the line with this from the crontab (crontab -e):": "удалите из crontab (crontab -e) строку с этим:",
    "there is no entry that this account may see: {paths}": "нет записи, видимой этой учётной записи: {paths}",
    "would remove the entry {path}": "удалил бы запись {path}",
    "removing the entry {path}": "удаляет запись {path}",
    "the variable {name} stays; where nothing else needs it, as administrator:": (
        "переменная {name} остаётся; если она больше не нужна, как администратор:"
    ),
}
