"""What goes wrong, in Russian, for screens and notices: one row for each template of an error.

The log has the English sentence. A test finds templates that have no row.
"""

from scheduler_runner.errors import SchedulerError

ROWS = {
    "only {user} and administrators may stop {task}: {error}": "{task}: это могут {user} и администраторы: {error}",
    "from {since} to {until}: a time of up to two days would be right": "{since} — {until}: верно до двух суток",
    "several cameras are called {name}: {right} would be right": "камер {name} несколько: верно было бы {right}",
    "there is no camera {name}: {right} would be right": "нет камеры {name}: верно было бы {right}",
    "{path}: a thousand files have this name": "{path}: с этим именем уже тысяча файлов",
    "{text} is no moment: 24.11 18:00 would be right": "{text} — не время: верно было бы 24.11 18:00",
    "the ledger {path} cannot be used now: {error}": "журнал учёта {path} сейчас недоступен: {error}",
    "there is no ledger {path} yet": "журнала учёта {path} ещё нет",
    "there is no task {name}: {right} would be right": "нет задачи {name}: верно было бы {right}",
    "{text} is no length of time: 7d, 12h or 30m would be right": "{text} — не срок: верно было бы 7d, 12h или 30m",
    "{text} is no date: 24.11 or 24.11.2026 would be right": "{text} — не дата: верно было бы 24.11 или 24.11.2026",
    "several runs are called {name}: more of it would be right": "{name} подходит к нескольким запускам",
    "there is no one run {name}: pvz history shows their names": "запуска {name} нет: имена покажет pvz history",
    "whose ticks? --user {users} would be right": "чьи запуски? Верно было бы --user {users}",
    "whose task? --user {users} would be right": "чья задача? Верно было бы --user {users}",
    "--days {days}: 1 to 31 would be right": "--days {days}: верно было бы от 1 до 31",
    "--tick {text}: 1m to 60m would be right": "--tick {text}: верно было бы от 1m до 60m",
    "--off {text}: 13:00-15:00 would be right": "--off {text}: верно было бы 13:00-15:00",
    "unknown command {name}: {right} would be right": "неизвестная команда {name}: верно было бы {right}",
    "nothing is run: {exposed}: as administrator, install --harden would mend it": "ничего не запускается: {exposed}. "
    "Исправит install --harden от имени администратора",
    "{link} is a link: what it leads to ({target}) would be given other rights: name the real place": "{link} — ссылка "
    "на {target}, чьи права пришлось бы изменить: укажите настоящее место",
    "the ledger {path} belongs to another account": "журнал учёта {path} принадлежит другой учётной записи",
    "the ledger {path} is larger than any: it is not read": "журнал учёта {path} слишком велик, он не читается",
    "the ledger {path} holds {what}, which is none of this program's": "в журнале учёта {path} лежит чужое: {what}",
    "secrets_file {path} cannot be read: {why}: a file of this account's with NAME=value lines would be right": (
        "Файл секретов {path} не читается: {why}; нужен файл этой учётной записи со строками ИМЯ=значение"
    ),
    "secrets_file {path}, line {number}: NAME=value would be right, with a name such as BOT_TOKEN, NAS_PASSWORD, "
    "API_KEY": ("Файл секретов {path}, строка {number}: нужно ИМЯ=значение, имя вида BOT_TOKEN, NAS_PASSWORD"),
    "{path} cannot be read ({error}): nothing is muted or paused; pvz resume all writes it anew": (
        "{path} не читается ({error}): ничего не заглушено и не на паузе; pvz resume all запишет его заново"
    ),
    "{path}: modified just now": "{path}: файл только что изменён",
    "{path}: the source changed while it was read": "{path}: исходный файл менялся во время чтения",
    "{path}: what was written reads back differently": "{path}: записанное читается иначе, чем было",
    "{path}: {written} bytes were written, {there} are there": "{path}: записано {written} байт, а там {there}",
    "{path} is a link: a plain folder is needed there": "{path} — ссылка, а должна быть обычная папка",
    "{path} belongs to another account, who could put anything in it": "{path} принадлежит другой учётной записи, "
    "она может подложить туда что угодно",
    "{path} is a link: a plain file is needed there": "{path} — ссылка, а должен быть обычный файл",
    "{path} belongs to another account: what it says is left alone": "{path} принадлежит другой учётной записи",
    "{path} is a second name of another file: what it says is left alone": "{path} — второе имя другого файла",
    "{path} is larger than {most} bytes: no such file is": "{path} больше {most} байт, таким он быть не может",
    "{path} is no plain file: one is needed there": "{path} — не обычный файл, а должен быть им",
    "no recording root is there: {roots}": "нет ни одной папки записей: {roots}",
    "{path} is no private folder of this account": "{path} — не папка этой учётной записи",
    "Task Scheduler takes what stands between percent signs for a variable: a folder without % would be right in the "
    "place of {path}": (
        "Планировщик заданий принимает слово между знаками % за переменную: нужна папка без % вместо {path}"
    ),
    "the virtual environment was made with the Python in {path}, which belongs to one account and is not there for "
    "others: install Python for all users, then make the environment anew with it": (
        "виртуальная среда сделана из Python в папке {path}, а он есть только у одной учётной записи: установите "
        "Python для всех пользователей и сделайте среду заново"
    ),
    "account {name!r} is not known here, or is none of a person: --account with one of {known} would be right": (
        "учётной записи {name} здесь нет, или это не человек: укажите --account с одной из {known}"
    ),
}


def in_russian(error: BaseException) -> str:
    """Return an error's sentence in Russian; in English where no row has its template, as with a finished sentence.

    Errors among its values are said in Russian, too.

    >>> in_russian(SchedulerError("{path} is no plain file: one is needed there", path="disk.json"))
    'disk.json — не обычный файл, а должен быть им'
    """
    if not isinstance(error, SchedulerError):
        return str(error)
    row = ROWS.get(error.template)
    if row is None or not error.values:
        return str(error)
    return row.format_map(
        {name: in_russian(value) if isinstance(value, BaseException) else value for name, value in error.values.items()}
    )
