"""What the runner shows to people: a dry run, and how a run by hand ended."""

ROWS = {
    "{task}: {outcome}, {seconds:.1f} s": "{task}: {outcome}, {seconds:.1f} с",
    "log: {path}": "журнал: {path}",
    "{moment}, tasks: {count}": "{moment}, задач: {count}",
    "would run": "запустится",
    "waits": "ждёт",
    "warning": "внимание",
    "for {slot} ({plan})": "за {slot} ({plan})",
    "attempt {attempt} {what}": "попытка {attempt} {what}",
    "({plan})": "({plan})",
    "{reason}, {upcoming} ({plan})": "{reason}, {upcoming} ({plan})",
    "next {slot}": "следующее {slot}",
    "no further time": "больше не запустится",
    "no new slot": "новое время не наступило",
    "not due": "время не наступило",
    "due": "время наступило",
    "is running": "выполняется",
    "is decided: {state}": "уже решено: {state}",
    "{slot} is decided: {state}": "за {slot} уже решено: {state}",
    "{slot} {reason}": "за {slot} {reason}",
    "waits {seconds:g} s after: {state}": "ждёт {seconds:g} с после исхода: {state}",
    "again after: {state}": "ещё раз после исхода: {state}",
    "timed_out": "не уложилась в срок",
    "not_started": "не запустилась",
    "already_running": "уже выполнялась",
    "warned": "с замечанием",
    "skipped": "отложена",
    "stopped": "остановлена вручную",
    "coalesced": "выполнено более позднее",
    "what ran before is not known: {error}": "что выполнялось раньше, неизвестно: {error}",
    "missed: {count}, the last one {slot}": "пропущено: {count}, последнее {slot}",
    "ticks of every {minutes} minutes from :{first:02d} on do not meet all of its times, each within its own minute: "
    'misfire_grace_time = "next" would be right': (
        "запуски планировщика каждые {minutes} мин с :{first:02d} попадают не на каждое её время, а каждое действует "
        'одну минуту: верно было бы misfire_grace_time = "next"'
    ),
    "configuration remark: {remark}": "замечание к настройкам: {remark}",
    "configuration problem: {problem}": "ошибка в настройках: {problem}",
    "defect in the runner: {kind}: {error}": "ошибка в самой программе: {kind}: {error}",
}
