"""What ``mute``, ``pause`` and ``resume`` say."""

ROWS = {
    "silence what is known of a camera, a cause or a task until then; it is looked at as ever": (
        "не сообщать до срока об известной неполадке камеры, причины или задачи; проверки идут как обычно"
    ),
    "stop a task, or all, until then; none of its times is made up for": (
        "остановить задачу или все до срока; пропущенное не навёрстывается"
    ),
    "end a mute or a pause before its time": "снять заглушку или паузу раньше срока",
    "{name} is muted until {until}": "заглушено до {until}: {name}",
    "{name} is paused until {until}": "на паузе до {until}: {name}",
    "why: {why}": "причина: {why}",
    "nothing of {name} is muted or paused any more": "больше не заглушено и не на паузе: {name}",
}
