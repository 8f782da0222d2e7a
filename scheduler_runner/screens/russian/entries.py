"""What the doctor finds about the entries of Task Scheduler, and what ``install`` tells of them."""

ROWS = {
    "no entries could be looked at": "записи Планировщика заданий посмотреть не удалось",
    "not all entries could be looked at": "не все записи Планировщика заданий удалось посмотреть",
    "no interpreter for an entry": "для записи нет интерпретатора",
    "user {user}: no entry starts its runner, as far as this account may see": (
        "{user}: ни одна запись не запускает его задачи, насколько видно этой учётной записи"
    ),
    "user {user}: two entries start its runner, {first} and {extra}": (
        "{user}: его задачи запускают две записи, {first} и {extra}"
    ),
    "user {user}: no line of this account's crontab starts its runner": (
        "{user}: в crontab этой учётной записи нет строки, которая запускает его задачи"
    ),
    "user {user}: {number} lines of the crontab start its runner": "{user}: строк crontab, которые его запускают: {number}",
    "user {user}: the crontab's line is not the one that install prints: {line}": (
        "{user}: строка crontab не та, что печатает install: {line}"
    ),
    "{command} prints the line": "строку напечатает {command}",
    "keep one of them": "оставьте одну",
    "entry {path}: user {user} has no enabled task": "запись {path}: у {user} нет включённых задач",
    "entry {path} names {config}, the variable PVZ_CONFIG_PATH {given}": (
        "запись {path} называет {config}, а переменная PVZ_CONFIG_PATH — {given}"
    ),
    'setx PVZ_CONFIG_PATH "{config}", then a new console; or install again with --config': (
        'setx PVZ_CONFIG_PATH "{config}", затем новая консоль; или установите заново с --config'
    ),
    "entry {path}: its last result is unknown": "запись {path}: последний итог неизвестен",
    "look at it in Task Scheduler": "посмотрите её в Планировщике заданий",
    "entry {path}: last result {code}: {told}": "запись {path}: последний итог {code}: {told}",
    "Task Scheduler keeps no history of starts": "Планировщик заданий не ведёт историю запусков",
    "as administrator: wevtutil set-log {log} /enabled:true": "как администратор: wevtutil set-log {log} /enabled:true",
    "entry {path}: {command} does not exist: the virtual environment has moved or is gone": (
        "запись {path}: нет файла {command}: виртуальное окружение перенесено или удалено"
    ),
    "entry {path}: the Python in {home}, which its virtual environment needs, is gone": (
        "запись {path}: нет Python в {home}, который нужен виртуальному окружению"
    ),
    "make it anew: {commands}": "создайте его заново: {commands}",
    "entry {path}: logged on as {logon} it cannot reach {root}: {why}": (
        "запись {path}: со входом {logon} папка {root} недоступна: {why}"
    ),
    "mapped drives need a person logged on": "сетевые диски есть только у вошедшего пользователя",
    "that kind of logon has no network": "у такого входа нет сети",
    "{command}, or with --logon password and network_root = \\\\server\\share": (
        "{command}, или с --logon password и network_root = \\\\server\\share"
    ),
    # How an entry differs.
    "entry {path}: {what}": "запись {path}: {what}",
    "entry {path}: its name is not {wanted_path}, so install would make a second one": (
        "запись {path}: её имя не {wanted_path}, install создал бы вторую"
    ),
    "schtasks /Delete /TN {name} /F, then {command}": "schtasks /Delete /TN {name} /F, затем {command}",
    "missing": "пусто",
    "the interpreter is {given}, not {wanted}": "интерпретатор {given} вместо {wanted}",
    "the working folder is {given}, not {wanted}": "рабочая папка {given} вместо {wanted}",
    "the working folder stands in quotes, {folder}: Windows does not find it": (
        "рабочая папка в кавычках, {folder}: Windows её не найдёт"
    ),
    "the arguments are {given}, not {wanted}": "аргументы {given} вместо {wanted}",
    "it does not repeat without end": "она не повторяется без конца",
    "it repeats every {minutes:g} minutes, the INI's tick_minutes is {wanted:g}": (
        "она повторяется каждые {minutes:g} мин, а tick_minutes в INI — {wanted:g}"
    ),
    "it has no start at logon: the first tick comes late": "нет запуска при входе: первый запуск опаздывает",
    "it has no start at boot: the first tick comes late": "нет запуска при загрузке: первый запуск опаздывает",
    "its kind of logon is none that install writes": "вид входа не такой, какой пишет install",
    "it runs without the highest privileges": "выполняется без наивысших прав",
    "{name} is {value}, not {wanted}: {why}": "{name} = {value} вместо {wanted}: {why}",
    "a long copy would keep all other tasks from starting": "долгое копирование не дало бы начаться другим задачам",
    "on a UPS or a laptop nothing would start": "на ИБП или ноутбуке ничего бы не запускалось",
    "a power cut would break copies off in the middle": "отключение света обрывало бы копирование",
    "a runner that hangs could not be ended": "зависший запуск нельзя было бы завершить",
    "a start missed while the PC slept would not be made good": "запуск, пропущенный во сне, не был бы выполнен",
    "without network the disk would not be cleaned up": "без сети не очищался бы диск",
    "a hand on the mouse would end a run": "движение мыши обрывало бы работу",
    "it could not be started by hand": "её нельзя было бы запустить вручную",
    "nothing runs": "ничего не выполняется",
    "staff would see it in the list, and could switch it off": "сотрудники видели бы её в списке и могли бы выключить",
    "at a busy point nothing would run": "на занятом ПК ничего бы не выполнялось",
    "the PC would wake up every few minutes": "ПК просыпался бы каждые несколько минут",
    "a runner that hangs is to end an hour after the longest timeout, and no run before its own": (
        "зависший запуск должен кончиться через час после самого долгого timeout, а работа — не раньше своего"
    ),
    "below normal, copies crawl": "с низким приоритетом копирование еле идёт",
}
