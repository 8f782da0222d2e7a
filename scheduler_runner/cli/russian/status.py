"""``status``."""

ROWS = {
    "how this point is: what is wrong now, what runs, what comes next": (
        "как дела у пункта: что не так, что идёт, что дальше"
    ),
    "{point}: all is well": "{point}: всё в порядке",
    "{point}: something is wrong": "{point}: не всё в порядке",
    "{title}: {outcome} since {since}, {runs} runs: {summary}": "{title}: {outcome} с {since}, запусков: {runs} — {summary}",
    "why: {command}": "почему: {command}",
    "last tick of {user}: {moment}": "последний запуск планировщика ({user}): {moment}",
    "runs now: {title}, since {since}": "сейчас идёт: {title}, с {since}",
    "next: {runs}": "дальше: {runs}",
    "open: {hours}": "открыт: {hours}",
    "free: {folder} {free:.1f} GiB": "свободно: {folder} {free:.1f} ГБ",
    "version {version}": "версия {version}",
}
