"""What is wrong in the INI and in the tasks' entries, in Russian: rows of ``russian_errors.py``."""

ROWS = {
    # The INI.
    "{path}: {error}": "{path}: {error}",
    "{path}, or the secrets_file that it names, cannot be read within {seconds:g} s: a drive of this PC would be right": (
        "{path} или названный в нём secrets_file не читается за {seconds:g} с: нужен диск этого компьютера"
    ),
    "it is not read with an administrator's rights: {told}: as administrator, {command} mends it": (
        "с правами администратора не читается: {told}: как администратор, {command} исправит"
    ),
    "it is not run with an administrator's rights: {told}: another place for it would be right": (
        "с правами администратора не запускается: {told}: нужно другое место"
    ),
    "{message}; the configuration is broken: {problem}": "{message}; настройки с ошибкой: {problem}",
    "{path}: {error} would be right": "{path}: {error}",
    "{path}: {told} would be right": "{path}: {told}",
    "{path}: cannot be read ({reason}): an INI with PVZ_ID and ENV_MODE in [DEFAULT] would be right": (
        "{path}: файл не читается ({reason}): нужен INI с PVZ_ID и ENV_MODE в [DEFAULT]"
    ),
    "it seems to be saved as UTF-16 without its mark: UTF-8": "файл, похоже, сохранён в UTF-16 без метки: нужен UTF-8",
    "it seems to be saved as {page} ({others}), so that names cannot be read: UTF-8": (
        "файл, похоже, сохранён в {page} ({others}), имена не прочитать: нужен UTF-8"
    ),
    "line {line}: [{section}] {option} is there twice: once": "строка {line}: [{section}] {option} повторяется",
    "line {line}: section [{section}] is there twice: once": "строка {line}: раздел [{section}] повторяется",
    "line {line} stands in no section: [DEFAULT] above it": (
        "строка {line} стоит вне разделов: выше неё нужна строка [DEFAULT]"
    ),
    "line {line} cannot be read: `key = value`, or a [section],": (
        "строка {line} не читается: верно было бы `ключ = значение` или [раздел]"
    ),
    "{path}: section [{name}] is unknown: [{meant}] would be right": (
        "{path}: неизвестный раздел [{name}]: верно было бы [{meant}]"
    ),
    "{path}: section [{name}] is unknown and read by nobody: {right} would be right": (
        "{path}: неизвестный раздел [{name}], его никто не читает: верно было бы {right}"
    ),
    "{path}: [{one}] and [{other}] both say when the point is open ({keys}): one of them would be right": (
        "{path}: часы работы указаны и в [{one}], и в [{other}] ({keys}): нужен один из разделов"
    ),
    # Notices.
    "on or off": "on или off",
    "`{all}` (all are told), `{either}` (the next where the first cannot), or off,": (
        "`{all}` (сообщать всем), `{either}` (следующему, если первый недоступен) или off"
    ),
    "{field} stands in [notices] and in [telegram]: one of them would be right": (
        "{field} есть и в [notices], и в [telegram]: нужен один из них"
    ),
    "[{section}] {where} is wrong: {right} would be right": "[{section}]: неверно задан токен ({where}): нужен {right}",
    "the variable {name}": "переменная {name}",
    "the token in {path}": "файл {path}",
    "123456789:AA... as BotFather gives it": "123456789:AA..., каким его дал BotFather",
    "vk1.a.... as VK gives it": "vk1.a...., каким его даёт VK",
    "no file can be called so": "так файл называться не может",
    "a file with the token alone that can be read ({why})": "файл с одним только токеном, который читается ({why})",
    "a file with the token alone (this one is empty)": "файл с одним только токеном (этот пуст)",
    "-1001234567890, with a topic -1001234567890:17, or several with commas": (
        "-1001234567890, с темой -1001234567890:17 или несколько через запятую"
    ),
    "2000000001 (a conversation), 123456 (a person), or several with commas": (
        "2000000001 (беседа), 123456 (человек) или несколько через запятую"
    ),
    "the server's address without /bot at its end": "адрес сервера без /bot на конце",
    "an address that begins with https:// (http:// only within one's own network)": (
        "адрес, который начинается с https:// (http:// — только внутри своей сети)"
    ),
    "http://host:port or socks5://host:port (a link of Telegram's own kind of proxy, MTProto, serves no bots)": (
        "http://host:port или socks5://host:port (ссылка на MTProto-прокси самого Telegram ботам не подходит)"
    ),
    "a user and password with # written as %23, / as %2F, ? as %3F": (
        "имя и пароль, где # записан как %23, / как %2F, ? как %3F"
    ),
    "one of {names}": "одно из: {names}",
    "an indented line for a further root": "следующая папка на отдельной строке с отступом",
    "production or test": "production или test",
    "ru or en": "ru или en",
    "a number or a name that can be a folder's, such as 182 or СОСНОВКА_10": (
        "номер или имя, годное для папки, например 182 или СОСНОВКА_10"
    ),
    "the point's own number or name in the place of the example's, such as 182 or СОСНОВКА_10,": (
        "свой номер или имя пункта вместо примера, например 182 или СОСНОВКА_10"
    ),
    "a whole number from {least} to {most}": "целое число от {least} до {most}",
    "a whole number of {unit} from {least} to {most}": "целое число от {least} до {most} ({unit})",
    "days": "дни",
    "hours": "часы",
    "a number from {least:.10g} to {most:.10g}": "число от {least:.10g} до {most:.10g}",
    "a time of the day from 00:00 to 23:59, such as 09:30,": "время от 00:00 до 23:59, например 09:30",
    "hours such as 22:00-08:00, each from 00:00 to 23:59,": "часы вида 22:00-08:00, от 00:00 до 23:59",
    "hours of one day such as 09:00-21:00, within 00:00-24:00,": "часы одного дня вида 09:00-21:00, от 00:00 до 24:00",
    "{error} or off,": "{error} или off",
    "an address that begins with {names}": "адрес, который начинается с {names}",
    "each day once, {days} too,": "каждый день по одному разу, {days} тоже",
    "each day of the week, so {missing} with its hours, or `{missing} закрыто`, as well": (
        "все дни недели, в том числе {missing} с часами или `{missing} закрыто`"
    ),
    "09:00-21:00, or by day пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто (also mon to sun, closed),": (
        "09:00-21:00 или по дням: пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто"
    ),
    "`{whose} 09:00-21:00`, within 00:00-24:00, or `{whose} {closed}`": (
        "`{whose} 09:00-21:00`, в пределах 00:00-24:00, или `{whose} {closed}`"
    ),
    "31.12-08.01 for each year, or 31.12.2026-08.01.2027 for once, the first day first,": (
        "31.12-08.01 (каждый год) или 31.12.2026-08.01.2027 (один раз), сначала первый день"
    ),
    "a date such as 31.12, or 31.12.2026 for once, in the place of `{text}`": (
        "дата вида 31.12, или 31.12.2026 для одного раза, вместо `{text}`"
    ),
    "timezone {name!r} is unknown: {right} would be right": "неизвестный часовой пояс {name!r}: верно было бы {right}",
    "an IANA name such as Europe/Moscow": "имя IANA, например Europe/Moscow",
    "an IANA name such as Europe/Moscow, with the package tzdata installed,": (
        "имя IANA, например Europe/Moscow, при установленном пакете tzdata"
    ),
    # [cameras]
    "{PVZ_ID} for the point's name, and no other braces or marks,": "{PVZ_ID} на месте имени пункта, без других скобок и знаков",
    "a whole path such as O:/reports/182, or off,": "целый путь, например O:/reports/182, или off,",
    "whole paths such as D:/camera, each on a line of its own, indented,": (
        "полные пути вида D:/camera, каждый на своей строке с отступом"
    ),
    "a folder, not a whole drive": "папка, а не весь диск",
    "a folder apart from the others": "папка отдельно от остальных",
    "a folder apart from local_roots ({root})": "папка отдельно от local_roots ({root})",
    "a folder that no other camera has": "папка, которой нет у других камер",
    "the name of the camera's folder": "имя папки камеры",
    "{path}: section [{name}] is unknown: [cameras], or [camera ID] for one of them, would be right": (
        "{path}: неизвестный раздел [{name}]: верно было бы [cameras], или [camera ID] для одной камеры"
    ),
    "{path}: section [{name}] has no ID: [camera unv_001] would be right": (
        "{path}: в разделе [{name}] нет имени камеры: верно было бы [camera unv_001]"
    ),
    "{path}: [{name}] is there twice: a name of its own would be right": (
        "{path}: раздел [{name}] повторяется: каждой камере нужно своё имя"
    ),
    "-1001234567890, or several with commas": "-1001234567890, или несколько через запятую",
    # Configuration files.
    "{file}: {error}": "{file}: {error}",
    "{file}, entry {entry}: {error}": "{file}, задача {entry}: {error}",
    "no task is configured below {folder}": "в папке {folder} не описано ни одной задачи",
    "it takes more than {seconds:g} s to be read: only definitions would be right": (
        "читается дольше {seconds:g} с: в файле должны быть одни определения"
    ),
    "it cannot be read ({reason}): {right} would be right": "не читается ({reason}): нужна {right}",
    "a plain folder": "обычная папка",
    "a folder laid out as scheduler_runner/tasks/ is": "папка, устроенная как scheduler_runner/tasks/",
    "it takes more than {seconds:g} s to be listed: a drive of this PC would be right": (
        "список файлов не получен за {seconds:g} с: нужен диск этого ПК"
    ),
    "{other} is a domain of this name already: another name would be right": (
        "домен с таким именем уже есть ({other}): нужно другое имя"
    ),
    "whatever reads it ends, or takes more than {seconds:g} s: only definitions would be right": (
        "программа, которая его читает, завершается или ждёт дольше {seconds:g} с: в файле должны быть одни определения"
    ),
    "it cannot be read ({reason}): a readable Python file would be right": (
        "не читается ({reason}): нужен файл Python, доступный для чтения"
    ),
    "it is no Python ({reason}{line}): mend the file": "это не Python ({reason}{line}): исправьте файл",
    "it fails when it is read ({kind}: {text}{line}): mend the file": (
        "ошибка при чтении ({kind}: {text}{line}): исправьте файл"
    ),
    "it ends the program when it is read (exit code {code!r}): only definitions would be right": (
        "при чтении завершает программу (код {code!r}): в файле должны быть одни определения"
    ),
    "it cannot be checked ({kind}): plain texts, numbers, lists and dicts, and a module that can be imported, "
    "would be right": "не проверить ({kind}): нужны простые тексты, числа, списки и словари",
    "neither TASK_SCHEDULE nor SCHEDULE is": "нет ни TASK_SCHEDULE, ни SCHEDULE",
    "both of TASK_SCHEDULE and SCHEDULE are": "есть и TASK_SCHEDULE, и SCHEDULE",
    "{what} defined: one list of dicts, SCHEDULE = [...], would be right": (
        "{what}: нужен один список словарей, SCHEDULE = [...]"
    ),
    "{name} is a {kind}: a list of dicts would be right": "{name} имеет тип {kind}: нужен список словарей",
    "name {name!r} is taken by {other} in {file}: another name would be right": (
        "имя {name!r} уже занято задачей {other} в {file}: нужно другое имя"
    ),
    # Entries.
    "it is a {kind}: a dict such as {{'name': ...}} would be right": "это {kind}: нужен словарь вида {{'name': ...}}",
    "key {field!r} is unknown: one of {names} would be right": "неизвестный ключ {field!r}: верно было бы одно из {names}",
    "key {field!r} is unknown, perhaps {near!r} was meant": "неизвестный ключ {field!r}, возможно, имелся в виду {near!r}",
    'schedule: "cron" with a weekday, such as cron: "30 9 * * 1-5",': 'schedule: "cron" с днём недели, например cron: "30 9 * * 1-5"',
    'schedule: "cron" with weekdays, such as cron: "30 9 * * 1-5",': 'schedule: "cron" с днями недели, например cron: "30 9 * * 1-5"',
    "timeout, up to {most} seconds: nothing runs without an end,": "timeout, до {most} секунд: без конца не выполняется ничто",
    "nothing (two runs of a task never overlap), or group for several tasks,": (
        "ничего не нужно (два запуска одной задачи не идут вместе), а для нескольких задач — group"
    ),
    "nothing (of several due slots the latest runs)": "ничего не нужно (из нескольких плановых времён выполняется последнее)",
    "key {field!r} is another scheduler's: {right} would be right": (
        "ключ {field!r} — из другого планировщика: здесь {right}"
    ),
    "{field} is missing: {right}": "нет ключа {field}: {right}",
    "{field} {value!r} is wrong: {right}": "{field} {value!r} — неверно: {right}",
    "a text that can be part of a folder's name on Windows, at most 60 letters, would be right": (
        "нужен текст, годный для имени папки в Windows, не длиннее 60 букв"
    ),
    "{field} {value!r} is the name of a folder of the runner's own: another would be right": (
        "{field} {value!r} — имя служебной папки: нужно другое"
    ),
    "{field} {value!r} is wrong: seconds above 0, at most {most}, would be right": (
        "{field} {value!r} — неверно: нужны секунды больше 0, не больше {most}"
    ),
    "{field} {value!r} is wrong: a whole number from 0 on would be right": (
        "{field} {value!r} — неверно: нужно целое число от 0"
    ),
    "{field} {value!r} is wrong: True or False would be right": "{field} {value!r} — неверно: нужно True или False",
    "{field} {value!r} is wrong: a text would be right": "{field} {value!r} — неверно: нужен текст",
    "{field} {value!r} is wrong: a list of variables' names would be right": (
        "{field} {value!r} — неверно: нужен список имён переменных"
    ),
    "{field} {value!r} is wrong: a list of exit codes, {not_one} not among them, would be right": (
        "{field} {value!r} — неверно: нужен список кодов завершения, без {not_one}"
    ),
    "env is a {kind}: {right}": "env имеет тип {kind}: {right}",
    "env has the name {name!r}: {right}": "в env имя {name!r}: {right}",
    "env has a {kind} for {name}: {right}": "в env значение {name} имеет тип {kind}: {right}",
    "a dict of names and values (texts, numbers, True, False, None) would be right": (
        "нужен словарь имён и значений (тексты, числа, True, False, None)"
    ),
    "misfire_grace_time of {grace} s leaves no time for a retry after retry_delay {delay:g} s: "
    'a longer one, or "next", would be right': (
        "misfire_grace_time {grace} с не оставляет времени на повтор после retry_delay {delay:g} с: "
        'нужно больше или "next"'
    ),
    "misfire_grace_time of {grace} s leaves no time for a retry after retry_delay {delay:g} s: "
    "a longer one would be right": (
        "misfire_grace_time {grace} с не оставляет времени на повтор после retry_delay {delay:g} с: нужно больше"
    ),
    "a task of a group may have to wait for another one: a misfire_grace_time longer than the slot's own "
    'minute, or "next", would be right': (
        'задача группы может ждать другую: нужен misfire_grace_time длиннее минуты или "next"'
    ),
    "exit codes {codes} stand in ok_codes and in warn_codes": "коды {codes} стоят и в ok_codes, и в warn_codes",
    "{names} stand side by side: one of them would be right": "рядом стоят {names}: нужно одно из них",
    "args {value!r} is wrong: a list of texts or numbers would be right": (
        "args {value!r} — неверно: нужен список текстов или чисел"
    ),
    "{field} holds the value of {name}, which every process on the PC could read: "
    "secrets = [{name!r}] lets the script read it from its environment": (
        "{field} содержит значение {name}, его прочтёт любой процесс на ПК: "
        "с secrets = [{name!r}] скрипт возьмёт его из своего окружения"
    ),
    "command {value!r} is wrong: a list such as ['robocopy', 'C:/a'] would be right": (
        "command {value!r} — неверно: нужен список вида ['robocopy', 'C:/a']"
    ),
    'a Python file below tasks/{domain} would be right; any other program stands in command: ["program", "argument"]': (
        'нужен файл Python в tasks/{domain}; любая другая программа — это command: ["программа", "аргумент"]'
    ),
    "script {value!r} is wrong: {right}": "script {value!r} — неверно: {right}",
    "script {value!r} does not exist at {path}: {right}": "script {value!r} не найден ({path}): {right}",
    "module {value!r} is wrong: a name such as package.module would be right": (
        "module {value!r} — неверно: нужно имя вида package.module"
    ),
    "module {value!r} does not exist: {how}": "модуля {value!r} нет: {how}",
    "it is what the task's name says: module, script or command would be right": (
        "он следует из имени задачи: нужен module, script или command"
    ),
    "a module that can be imported would be right": "нужен модуль, который можно импортировать",
    # Schedules.
    "schedule is missing: one of {known} would be right": "нет ключа schedule: верно было бы одно из {known}",
    "schedule {name!r} is unknown: one of {known} would be right": (
        "неизвестное расписание {name!r}: верно было бы одно из {known}"
    ),
    "schedule {name!r} is unknown, perhaps {near!r} was meant: one of {known} would be right": (
        "неизвестное расписание {name!r}, возможно, имелось в виду {near!r}; есть {known}"
    ),
    "{field} belongs to the schedule {other!r}, not to {kind!r}": "{field} относится к расписанию {other!r}, а не {kind!r}",
    "misfire_grace_time {value!r} is wrong: {right} would be right": (
        "misfire_grace_time {value!r} — неверно: верно было бы {right}"
    ),
    'seconds above 0, or "next"': 'секунды больше 0 или "next"',
    "seconds above 0": "секунды больше 0",
    '["09:00", "21:00"], start included and end not, would be right': (
        'верно было бы ["09:00", "21:00"], начало включительно, конец нет'
    ),
    "between {value!r} is wrong: {right}": "between {value!r} — неверно: {right}",
    "between {value!r} is wrong at {part!r}: {right}": "between {value!r} — неверно в {part!r}: {right}",
    "between {value!r} starts where it ends: {right}": "between {value!r}: начало совпадает с концом: {right}",
    "no slot of {rule!r} lies between {first} and {last}: it would never run": (
        "ни одно плановое время {rule!r} не попадает в {first}-{last}: задача не выполнится никогда"
    ),
    "minute {value!r} is wrong: a number from 0 to 59 would be right": "minute {value!r} — неверно: нужно число от 0 до 59",
    "is missing": "— нет ключа",
    "{value!r} is wrong": "{value!r} — неверно",
    'time {what}: "HH:MM" with two digits each, or a list of them, would be right': (
        'time {what}: нужно "ЧЧ:ММ", по две цифры, или список таких'
    ),
    "interval {what}: seconds from 60 to 86400 would be right": "interval {what}: нужны секунды от 60 до 86400",
    "cron {what}: {right}": "cron {what}: {right}",
    'five fields such as "30 9 * * 1-5" (minute, hour, day, month, weekday) would be right': (
        'нужны пять полей вида "30 9 * * 1-5" (минута, час, день, месяц, день недели)'
    ),
    "cron {value!r} is wrong ({error}): {right}": "cron {value!r} — неверно ({error}): {right}",
    "cron needs the package cronsim ({error}): {how}": "для cron нужен пакет cronsim ({error}): {how}",
    'at {what}: "YYYY-MM-DD HH:MM" would be right': 'at {what}: нужно "ГГГГ-ММ-ДД ЧЧ:ММ"',
}
for _place in ("", "{path}: "):
    ROWS.update(
        {
            f"{_place}{{field}} is missing in [{{section}}]: {{right}} would be right": (
                f"{_place}в [{{section}}] нет {{field}}: верно было бы {{right}}"
            ),
            f"{_place}[{{section}}] {{field}} is wrong: {{right}} would be right": (
                f"{_place}[{{section}}] {{field}} — неверно: верно было бы {{right}}"
            ),
            f"{_place}[{{section}}] {{field}} = {{value!r}} is wrong: {{right}} would be right": (
                f"{_place}[{{section}}] {{field}} = {{value!r}} — неверно: верно было бы {{right}}"
            ),
            f"{_place}[{{section}}] {{field}} is unknown: {{right}} would be right": (
                f"{_place}[{{section}}] неизвестный ключ {{field}}: верно было бы {{right}}"
            ),
        }
    )
