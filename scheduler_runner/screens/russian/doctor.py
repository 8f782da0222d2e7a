"""``doctor``: its frame, the names of the checks, and what they find but for the entries of Task Scheduler."""

ROWS = {
    "drift: {what}": "расхождение: {what}",
    "note: {what}": "замечание: {what}",
    "all is well: {names}": "в порядке: {names}",
    "{checks} checks, {drifts} drifts": "проверок: {checks}, расхождений: {drifts}",
    # Checks.
    "packages": "пакеты",
    "configuration": "настройки",
    "tasks": "задачи",
    "what must be chosen": "обязательный выбор",
    "entries": "запуски",
    "last results": "последние итоги",
    "history of starts": "история запусков",
    "PVZ_CONFIG_PATH": "PVZ_CONFIG_PATH",
    "rights": "права",
    "the token's file": "файл токена",
    "writing": "запись в папки",
    "protected folders": "защищённые папки",
    "free space": "свободное место",
    "clock": "часы",
    "recording roots": "папки записей",
    "network root": "сетевая папка",
    "ticks": "запуски планировщика",
    "clock by a server": "часы по серверу",
    "Telegram": "Telegram",
    "collisions": "совпадения",
    "{name} could not be looked at: {error}": "не удалось проверить «{name}»: {error}",
    "{command}": "{command}",
    # Cures that several findings share.
    "mend {file}": "исправьте {file}",
    "mend it in {path}": "исправьте в {path}",
    "nothing, where that is meant; else mend {file}": "если так задумано, ничего; иначе исправьте {file}",
    "see docs/notices.md": "см. docs/notices.ru.md",
    "ask as administrator": "спросите как администратор",
    "ask as administrator, or as its account": "спросите как администратор или из его учётной записи",
    "as administrator: {command}": "как администратор: {command}",
    "{command} shows why": "причину покажет {command}",
    "set the clock: w32tm /resync, or the settings of date and time": (
        "переведите часы: w32tm /resync или параметры даты и времени"
    ),
    "set the clock: timedatectl set-ntp true": "переведите часы: timedatectl set-ntp true",
    # Packages and configuration.
    "{path} cannot be read ({reason})": "{path} не читается ({reason})",
    "fetch the project again": "скачайте программу заново",
    "the point is in test mode: no recording of it is copied": (
        "пункт в тестовом режиме: ни одна его запись не копируется"
    ),
    "ENV_MODE = production in {file}, unless it is the test point": (
        "ENV_MODE = production в {file}, если это не испытательный пункт"
    ),
    "no camera is listed: one that falls silent is forgotten": "ни одна камера не указана: о замолчавшей никто не узнает",
    "{command} shows the sections that the INI lacks": "недостающие разделы INI покажет {command}",
    "nobody is told of failures: there is {missing}": "о сбоях никто не узнает: {missing}",
    "see docs/notices.md; or, where nobody is meant to be told, channels = off in [notices]": (
        "см. docs/notices.ru.md; если сообщать и не нужно, channels = off в [notices]"
    ),
    "notify_user = {user} has no tasks: nobody sends the digest, the pings and what concerns the whole point": (
        "notify_user = {user}: у него нет задач, сводку, сигналы и вести обо всём пункте не отправит никто"
    ),
    "notify_user = {users} in {file} would be right": "верно было бы notify_user = {users} в {file}",
    "{task}: ticks of every {minutes} minutes do not meet all of its times ({plan})": (
        "{task}: запуски каждые {minutes} мин попадают не на все её плановые времена ({plan})"
    ),
    'in {file}: misfire_grace_time = "next" would be right': 'в {file} верно было бы misfire_grace_time = "next"',
    "{task}: its folder {folder} is not there": "{task}: нет её папки {folder}",
    "{task}: the program {program} is not there": "{task}: нет программы {program}",
    "{task}: the secrets {names} are not in this account's environment": (
        "{task}: секретов {names} нет в окружении этой учётной записи"
    ),
    "docs/own-tasks.md says where secrets are kept": "где хранить секреты: docs/own-tasks.ru.md",
    "{task} and {other} of the group {group} are both due at {time}: one of them waits": (
        "{task} и {other} из группы {group} стоят на {time}: одна подождёт другую"
    ),
    "{task}: its timeout of {timeout} s is longer than the {gap} s until a slot that would be missed": (
        "{task}: timeout {timeout} с больше, чем {gap} с до следующего планового времени: оно было бы пропущено"
    ),
    # The point.
    "{folder}: {account} cannot write there ({problem})": "{folder}: {account} не может туда писать ({problem})",
    "it is no folder": "это не папка",
    "as administrator: {command} gives each account its logs": (
        "как администратор: {command} — права каждой учётной записи на её журналы"
    ),
    "give the account the right to modify this folder (Properties, Security), or mend local_roots in [cameras]": (
        "дайте учётной записи право изменять эту папку (Свойства, Безопасность) или исправьте local_roots в [cameras]"
    ),
    "give the account the right to write to this folder, or mend local_roots in [cameras]": (
        "дайте учётной записи право писать в эту папку или исправьте local_roots в [cameras]"
    ),
    "Controlled folder access is on: Windows may refuse to let Python write to folders of yours": (
        "включён контролируемый доступ к папкам: Windows может не дать Python писать в ваши папки"
    ),
    "allow {program} in Windows Security, Ransomware protection": (
        "разрешите {program}: «Безопасность Windows», «Защита от программ-шантажистов»"
    ),
    "{folder}: {free:.1f} GiB are free, {least:g} are needed": "{folder}: свободно {free:.1f} ГБ, нужно {least:g}",
    "move or delete what fills the disk": "освободите диск",
    "{command}, or keep recordings for fewer days": "{command}, или храните записи меньше дней",
    "the clock shows {now}, and the newest record of user {user} is of {moment}": (
        "часы показывают {now}, а последняя запись в журнале учёта ({user}) от {moment}"
    ),
    "the clock shows {now}, and the program is of {moment}": "часы показывают {now}, а файлы программы от {moment}",
    "the PC's clock is {pc} from UTC, the INI's timezone {timezone} {ours}": (
        "часы ПК отстоят от UTC на {pc}, а timezone {timezone} в INI — на {ours}"
    ),
    "set the PC's time zone (tzutil /l lists them), or mend timezone in [scheduler]": (
        "выберите часовой пояс ПК (список: tzutil /l) или исправьте timezone в [scheduler]"
    ),
    "set the PC's time zone (timedatectl list-timezones), or mend timezone in [scheduler]": (
        "выберите часовой пояс ПК (timedatectl list-timezones) или исправьте timezone в [scheduler]"
    ),
    "recording root {root} is not there": "нет папки записей {root}",
    "connect its disk, let the cameras write to it, or mend local_roots in [cameras]": (
        "подключите её диск, направьте туда камеры или исправьте local_roots в [cameras]"
    ),
    "network root {root} is not reachable for {account}": "сетевая папка {root} недоступна для {account}",
    "log on to it in Explorer, make its folder where it has none yet, or mend network_root in [cameras]": (
        "войдите на неё в Проводнике, создайте папку, если её ещё нет, или исправьте network_root в [cameras]"
    ),
    "mount it, make its folder where it has none yet, or mend network_root in [cameras]": (
        "смонтируйте её, создайте папку, если её ещё нет, или исправьте network_root в [cameras]"
    ),
    "{cure}; an administrator's console has no mapped drives, so ask in an ordinary one": (
        "{cure}; в консоли администратора нет сетевых дисков, спросите в обычной"
    ),
    "user {user}: its ledger cannot be read": "{user}: журнал учёта не читается",
    "user {user}: no tick is on record": "{user}: планировщик ещё ни разу не запускался",
    "wait for the next full five minutes, or start its entry in Task Scheduler, then ask again": (
        "подождите пять минут или запустите запись в Планировщике заданий, затем повторите"
    ),
    "wait for the next full five minutes, then ask again; cron must be running": (
        "подождите пять минут и повторите; cron должен работать"
    ),
    "user {user}: the last tick was at {moment}, {minutes:.0f} minutes ago": (
        "{user}: последний запуск планировщика — {moment}, {minutes:.0f} мин назад"
    ),
    # Servers.
    "chat {chat} has moved": "чат {chat} переехал",
    "chat_id = {moved_to} in {path}": "chat_id = {moved_to} в {path}",
    "chat {chat} is not reached: {reason}": "до чата {chat} не достучаться: {reason}",
    "{url} does not answer ({error}): notices cannot be sent": ("{url} не отвечает ({error}): сообщения не отправить"),
    "check the network, or name a proxy": "проверьте сеть или укажите proxy",
    "{cure}, or allow this address": "{cure}, или разрешите этот адрес",
    "the clock is {minutes:.0f} minutes fast by {url}": "часы спешат на {minutes:.0f} мин по {url}",
    "the clock is {minutes:.0f} minutes slow by {url}": "часы отстают на {minutes:.0f} мин по {url}",
    # Rights.
    "move the project, or Python, to a folder below ones that only administrators can change, "
    "such as C:\\PVZ or C:\\Program Files, and install again": (
        "перенесите программу или Python туда, где всё выше могут менять только администраторы "
        "(C:\\PVZ, C:\\Program Files), и установите заново"
    ),
    "{number} further places can be changed by ordinary accounts": (
        "и ещё мест, которые могут менять обычные учётные записи: {number}"
    ),
    "{path}, which holds the bot's token, can be read by {names}": "{path} с токеном бота могут читать {names}",
    "{exposure}, and with it the code of a privileged runner that lies in it": (
        "{exposure}, а с ней и код, который выполняется с правами администратора"
    ),
    "{task} runs with an administrator's rights, and {exposure}": "{task} выполняется с правами администратора, а {exposure}",
    "give the task a program and a working_dir that only administrators can change, or an ordinary user": (
        "дайте задаче программу и working_dir, которые меняют только администраторы, или обычного пользователя"
    ),
    "{link}, by which token_file leads to the bot's token, is a link": "{link} на пути к файлу токена — ссылка",
    "{name} is a secret of fewer than six letters: it is not masked in logs and messages": (
        "секрет {name} короче шести знаков: в журналах и сообщениях он не скрывается"
    ),
    "choose a longer one": "смените на более длинный",
    "ask as administrator, or as the account of {user}": "повторите от имени администратора или учётной записи {user}",
    "{path} holds ping_url, by which anybody could tell that this point is well, and can be read by {names}": (
        "в {path} есть ping_url — кто его прочтёт, сможет сообщать, что пункт в порядке; читать могут: {names}"
    ),
    "let only administrators and the accounts that send read the INI; change an address that leaked": (
        "пусть INI читают только отправляющие учётные записи и администраторы; если адрес утёк — смените его"
    ),
    "{link}, by which secrets_file leads to the secrets of {user}, is a link": (
        "{link} на пути secrets_file к секретам {user} — ссылка"
    ),
    "{path}, which holds the secrets of {user}, can be read by {names}": "{path} с секретами {user} могут читать {names}",
    "{path} holds the password of a proxy and can be read by {names}": "{path} хранит пароль прокси, его могут читать {names}",
    "write it into HTTPS_PROXY of the account's environment, and the INI without it": (
        "перенесите его в HTTPS_PROXY окружения учётной записи, а из INI уберите"
    ),
    "name the real file there": "укажите там сам файл",
    "{exposure}, and a privileged runner executes it or writes there": "{exposure}, и это выполняется или пишется с правами администратора",
    "{path} is no lock, and {account} has put it among those that all accounts share": (
        "{path} — не блокировка, а {account} положил это среди общих для всех учётных записей"
    ),
    "nothing heeds it: ask why, and remove it": "этому никто не следует: спросите, зачем, и удалите",
}
