"""What fails or does nothing, in the very words of the notices that tell of it: for ``status`` and ``doctor``."""

from scheduler_runner.notices.phrases import ADVICE, WRONG

ROWS = {
    "what fails or does nothing": "работа задач",
    "the configuration is wrong": WRONG["config"],
    "the clock was set back": WRONG["clock_back"],
    "no tick came for long": WRONG["clock_ahead"],
    "the ledger was damaged": WRONG["ledger_damaged"],
    "an error in the program itself": WRONG["defect"],
    "the program is not protected": WRONG["exposed"],
    "parts of the program are missing": WRONG["packages"],
    "notices do not arrive": WRONG["undelivered"],
    "{name} fails since {since}": "{name}: сбой с {since}",
    "{name}: the attempt of {moment} failed, a further one follows: {why}": (
        "{name}: попытка {moment} не удалась, будет ещё: {why}"
    ),
    "does nothing since {since}: {name}": "не выполняется с {since}: {name}",
    "{what}, since {since}": "{what}, с {since}",
    "{what}: {why}": "{what}: {why}",
    "{what} ({why})": "{what} ({why})",
    "not looked at since {since}: {name}": "не проверялось с {since}: {name}",
    "{what}, not looked at since {since}": "{what}, не проверялось с {since}",
    "comes and goes: {what}": "с перебоями: {what}",
    "muted until {until}: {asked}": "заглушено до {until}: {asked}",
    "paused until {until}: {asked}": "на паузе до {until}: {asked}",
    "no task has been seen to do its work yet": "ни одна задача ещё не сделала своего дела",
    "wait for the first one, or start it: {command}": "дождитесь первой или запустите сами: {command}",
    "{command} ends it": "отменить: {command}",
    "{command} says where": "где именно, скажет {command}",
    "{command} says what is missing": "чего не хватает, скажет {command}",
    "{advice}\n{why}": "{advice}\n{why}",
    "look at date, time and time zone": ADVICE["clock_back"],
    "if the PC was on, look at the date and at Task Scheduler": ADVICE["clock_ahead"],
    "if the PC was on, look at the date and at cron": "Если компьютер был включён, проверьте дату и cron",
    "a new one was begun, the old one is kept beside it: look at the disk": ADVICE["ledger_damaged"],
    "send the runner's log to whoever develops this: {command}": ("отправьте разработчику то, что соберёт {command}"),
}
