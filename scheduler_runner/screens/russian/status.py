"""``status``."""

ROWS = {
    "how this point is: what is wrong now, what runs, what comes next": (
        "как дела у пункта: что не так, что идёт, что дальше"
    ),
    "{point}: all is well, last seen to work at {moment}": "{point}: всё в порядке, последняя удачная работа в {moment}",
    "{point}: something is wrong": "{point}: не всё в порядке",
    "something is wrong": "не всё в порядке",
    "{point}: nothing is known yet": "{point}: пока ничего не известно",
    "{point}: an attempt failed, a further one follows": "{point}: попытка не удалась, будет ещё одна",
    "{point}: nothing new is wrong": "{point}: новых неполадок нет",
    "today: first tick {moment}": "сегодня: открыт в {moment}",
    "{day}, recordings written: {count}": "{day}, записано файлов: {count}",
    "{day}, copied: {count}": "{day}, скопировано файлов: {count}",
    "{day}, left: {count}": "{day}, осталось: {count}",
    "notices that wait to be sent: {count}, since {since}": "ждут отправки уведомления: {count}, с {since}",
    "last tick of {user}: {moment}": "последний запуск планировщика ({user}): {moment}",
    "runs now: {title}, since {since}": "сейчас идёт: {title}, с {since}",
    "next: {runs}": "дальше: {runs}",
    "open: {hours}": "открыт: {hours}",
    "free: {folder} {free:.1f} GiB": "свободно: {folder} {free:.1f} ГБ",
    "version {version}": "версия {version}",
}
