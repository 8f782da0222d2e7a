"""What goes wrong, in Russian, for screens and notices: one row for each template of an error.

The log has the English sentence. A test finds templates that have no row.
"""

from scheduler_runner.errors import SchedulerError
from scheduler_runner.phrases import Kept, Phrase
from scheduler_runner.russian_configuration import ROWS as CONFIGURATION

ROWS = {
    "{first}, {rest}": "{first}, {rest}",
    "{first}; {rest}": "{first}; {rest}",
    "package {name} is missing": "нет пакета {name}",
    "package {name} is {installed}, {bounds} is needed": "пакет {name} версии {installed}, нужен {bounds}",
    "everyone": "все",
    "every account": "все учётные записи",
    "who is logged on": "кто вошёл в систему",
    "anybody": "кто угодно",
    "{folder} belongs to {owner}, and this is {own}: {command} would be right": (
        "{folder} принадлежит {owner}, а это {own}: верно было бы {command}"
    ),
    "only {user} and administrators may stop {task}: {error}": "{task}: это могут {user} и администраторы: {error}",
    "from {since} to {until}: a time of up to two days would be right": "{since} — {until}: верно до двух суток",
    "{reason}: --out FILE would be right": "{reason}: верно было бы --out ФАЙЛ",
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
    "{path} can be changed by {accounts}": "{path} может изменить не только администратор ({accounts})",
    "{path} (and {more} more below it) can be changed by {accounts}": (
        "{path} (и ещё {more} внутри) может изменить не только администратор ({accounts})"
    ),
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
    '{text} is no end: "пн 09:00", "01.12 09:00", 18:00 or 3d would be right': (
        "{text} — не срок: подойдёт «пн 09:00», «01.12 09:00», 18:00 или 3д"
    ),
    "{text} does not lie within the next 14 days": "{text} — не в ближайшие 14 дней",
    "another command is changing {path}: try again": "другая команда меняет {path}: попробуйте ещё раз",
    "{path} cannot be written ({error}): it is for the account {user} and for administrators": (
        "{path} не записывается ({error}): это может учётная запись {user} или администратор"
    ),
    "nothing is called {name}: {right} would be right": "ничто не называется {name}: подойдёт {right}",
    "{name} is neither muted nor paused: {right} would be right": "{name}: не заглушено, не на паузе; подойдёт {right}",
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
    # Set-up and rights.
    "administrator's rights are needed: open a console with Win+X, Terminal (Administrator), and run there\n{command}": (
        "нужны права администратора: откройте консоль через Win+X, «Терминал (Администратор)», и выполните там\n{command}"
    ),
    "administrator's rights are needed: run\nsudo {command}": "нужны права администратора: выполните\nsudo {command}",
    "{path} is missing: make the virtual environment anew\n{commands}": (
        "нет файла {path}: создайте виртуальное окружение заново\n{commands}"
    ),
    "schtasks refused (exit code {exit_code}): {wrote}": "schtasks отказала (код {exit_code}): {wrote}",
    "schtasks, a part of Windows, gave no answer: {error}": "schtasks, часть Windows, не ответила: {error}",
    "Task Scheduler does not tell its entries (0x{code:08X}): ask as administrator; "
    "`net start Schedule` starts its service": (
        "Планировщик заданий не показывает записи (0x{code:08X}): спросите как администратор; "
        "службу запускает `net start Schedule`"
    ),
    "the entry {path} is no XML ({error}): install it again": "запись {path} — не XML ({error}): установите её заново",
    "the entry {path} is still there: remove it in Task Scheduler": (
        "запись {path} осталась: удалите её в Планировщике заданий"
    ),
    "{folder} is a whole drive: move the project, or Python, into a folder of its own": (
        "{folder} — целый диск: перенесите программу или Python в отдельную папку"
    ),
    "{link} is a link: its target would be given other rights; remove it, then try again": (
        "{link} — ссылка: права изменились бы у её цели; удалите её и повторите"
    ),
    # Commands.
    "package {name} is missing: {command}": "нет пакета {name}: {command}",
    "{folder} did not answer within {seconds:.0f} s": "{folder}: нет ответа за {seconds:.0f} с",
    "{folder} cannot be written: {reason}": "в {folder} не записать: {reason}",
    "{path} cannot be written: {reason}": "{path} не записать: {reason}",
    "no camera is listed: pvz cameras shows what there is, and what the INI lacks": (
        "ни одна камера не указана: pvz cameras покажет, что есть и чего нет в INI"
    ),
    "nothing is copied: who takes recordings is logged, and the log cannot be written": (
        "ничего не скопировано: кто берёт записи, пишется в журнал, а он недоступен для записи"
    ),
    "the answer cannot be read: {error}": "ответ не читается: {error}",
    "install asks where it is given no options: answer it on a console, or name --user operator": (
        "install без ключей задаёт вопросы: ответьте в консоли или укажите --user operator"
    ),
    "user {user} has no entry and no task: {right} would be right": (
        "у пользователя {user} нет ни записи, ни задач: верно было бы {right}"
    ),
    "Telegram refuses: {reason}": "Telegram отказывает: {reason}",
    "Telegram cannot be reached: {reason}": "Telegram недоступен: {reason}",
    "Telegram does not know this token: as BotFather gives it would be right": (
        "Telegram не знает этого токена: нужен такой, каким его дал BotFather"
    ),
    "another program asks for this bot's messages: end it, or name the chat by its number": (
        "сообщения этого бота забирает другая программа: остановите её или укажите номер чата"
    ),
    "unknown user {name!r}; known: {known}": "неизвестный пользователь {name!r}; известны: {known}",
    "unknown task {name!r}; known: {known}": "неизвестная задача {name!r}; известны: {known}",
    "none": "нет",
    "user {user!r} cannot be an account's name: --user operator would be right": (
        "{user!r} не может быть именем учётной записи: верно было бы --user operator"
    ),
    "user {user!r} has no task: {users} would be right": "у пользователя {user!r} нет задач: верно было бы {users}",
    "{path} cannot be written ({reason}): another --xml FILE would be right": (
        "{path} не записать ({reason}): укажите другой --xml FILE"
    ),
    "no recording root is there: {names}": "нет ни одной папки записей: {names}",
    "{path}: nobody is meant to be told: channels = off in [notices]": (
        "{path}: сообщать некому и не нужно: channels = off в [notices]"
    ),
    "a whole path that ends with .ini, such as {path}": "полный путь, который кончается на .ini, например {path}",
    "{path}: nobody can be told: there is {missing}; see docs/notices.md": (
        "{path}: сообщать некому: {missing}; см. docs/notices.ru.md"
    ),
    # Why a message was not sent.
    "not reached": "не отправлено",
    "no answer in time": "ответ не пришёл вовремя",
    "no answer within send_seconds = {seconds}": "нет ответа за send_seconds = {seconds}",
    "too many messages": "слишком много сообщений сразу",
    "the group became a supergroup": "группа стала супергруппой",
    "forbidden: {told}; add the bot to the chat, or let it write there": (
        "писать запрещено ({told}): добавьте бота в чат или разрешите ему там писать"
    ),
    "the bot's token is not accepted: take the one that BotFather shows; is api_url right?": (
        "токен бота не принят: возьмите его у BotFather; верно ли указан api_url?"
    ),
    "the token is not accepted ({told}): take one of the community's, with the right to send messages": (
        "токен не принят ({told}): нужен токен сообщества с правом на сообщения"
    ),
    "network: {told}": "сеть: {told}",
    "network: {told}; is the clock right, and does a virus scanner look into the traffic?": (
        "сеть: {told}; верны ли часы, не проверяет ли антивирус соединения?"
    ),
    "refused: {told}": "отказ: {told}",
    "refused with HTTP status {code}: is api_url in [vk] right?": "отказ (HTTP {code}): верно ли указан api_url в [vk]?",
    "refused: what answered is not VK (a page that asks for money, or a proxy?)": (
        "отказ: отвечает не VK, а, например, страница провайдера об оплате или прокси"
    ),
    "refused: VK answers neither yes nor no": "отказ: VK не отвечает ни да, ни нет",
    "markup not accepted: {told}": "разметка не принята: {told}",
    "the topic is gone: {told}": "темы больше нет: {told}",
    "bad request: {told}; the topic is closed, chat_id = -1001234567890:17 names another one": (
        "отказ: {told}; тема закрыта, другую называет chat_id = -1001234567890:17"
    ),
    "bad request: {told}; is chat_id right, and has the bot been added to that chat?": (
        "отказ: {told}; верен ли chat_id, добавлен ли бот в этот чат?"
    ),
    "bad request: {told}; is peer_id right, and did that chat let the community write?": (
        "отказ: {told}; верен ли peer_id, разрешено ли сообществу писать в этот чат?"
    ),
    "bad request: {told}": "отказ: {told}",
    "{channel}: a package cannot be imported ({error}): pip install -r requirements.txt": (
        "{channel}: пакет не загружается ({error}): pip install -r requirements.txt"
    ),
    "{channel} cannot be used ({error}): look at proxy and api_url in [{channel}]": (
        "{channel} не работает ({error}): проверьте proxy и api_url в [{channel}]"
    ),
}
ROWS.update(CONFIGURATION)


def in_russian(said: object) -> str:
    """Return an error's sentence, or a phrase, in Russian; in English where no row has its template.

    Errors and phrases among its values are said in Russian, too.

    >>> in_russian(SchedulerError("{path} is no plain file: one is needed there", path="disk.json"))
    'disk.json — не обычный файл, а должен быть им'
    """
    if isinstance(said, Kept):
        return said.russian
    if not isinstance(said, (SchedulerError, Phrase)):
        return str(said)
    row = ROWS.get(said.template, said.template)
    if not said.values:
        return row
    return row.format_map(
        {
            name: in_russian(value) if isinstance(value, (SchedulerError, Phrase)) else value
            for name, value in said.values.items()
        }
    )
