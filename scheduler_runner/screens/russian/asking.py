"""What ``list``, ``history``, ``log``, ``why`` and ``simulate`` say."""

ROWS = {
    "the tasks: when, what comes next, how the last run ended, how long it takes": (
        "задачи: расписание, когда следующий запуск, чем закончился последний, сколько длится"
    ),
    "why a slot ran, ran late or did not; without a task everything unusual since yesterday": (
        "почему задача запустилась, запоздала или не запустилась; без задачи — всё необычное со вчера"
    ),
    "the runs of the last days; of one run everything, with its part of the log": (
        "запуски за последние дни; по одному запуску — всё, с его частью журнала"
    ),
    "a task's log of today; --follow shows what is added": "журнал задачи за сегодня; --follow показывает новое",
    "the plan of a day: what would run when, and what would be missed": (
        "план на день: что и когда запустилось бы, что было бы пропущено"
    ),
    # Schedules and lengths of time
    "hourly at :{minute:02d}": "каждый час в :{minute:02d}",
    "daily at {times}": "ежедневно в {times}",
    "every {minutes} min": "каждые {minutes} мин",
    "every {seconds} s": "каждые {seconds} с",
    "by cron: {expression}": "по cron: {expression}",
    "once, {at:%d.%m.%Y %H:%M}": "один раз, {at:%d.%m.%Y %H:%M}",
    "{rule}, between {first} and {last}": "{rule}, с {first} до {last}",
    "{seconds:.0f} s": "{seconds:.0f} с",
    "{minutes} min": "{minutes} мин",
    "{hours} h {minutes} min": "{hours} ч {minutes} мин",
    # Outcomes
    "runs": "идёт",
    "succeeded": "успешно",
    "with a remark": "с замечанием",
    "failed": "сбой",
    "took too long": "не уложилась в срок",
    "interrupted": "прервано",
    "ran already": "уже шла",
    "put off": "отложено",
    "did not start": "не запустилась",
    "stopped by hand": "остановлено вручную",
    # list
    "name": "имя",
    "task": "задача",
    "when": "расписание",
    "next": "следующий",
    "last": "последний",
    "takes": "длится",
    "runs since {since}": "идёт с {since}",
    "never": "ни разу",
    "{moment} {outcome}": "{moment} {outcome}",
    "disabled": "выключена",
    # history
    "no runs in this time": "за это время запусков нет",
    "began": "начало",
    "outcome": "итог",
    "took": "длилось",
    "run": "запуск",
    "what it said": "что сообщила",
    "{moment} {task}: {outcome}, {took}, run {run}": "{moment} {task}: {outcome}, {took}, запуск {run}",
    "{moment} {task}: runs, run {run}": "{moment} {task}: идёт, запуск {run}",
    "and {count} more: --count 50 shows more, --json all": "и ещё {count}: --count 50 покажет больше, --json — все",
    "pvz history RUN shows one with its log": "pvz history ЗАПУСК покажет один, с журналом",
    "{task}, run {run}": "{task}, запуск {run}",
    "{outcome}: {summary}": "{outcome}: {summary}",
    "by hand": "вручную",
    "planned": "плановое время",
    "attempt": "попытка",
    "exit code": "код завершения",
    "processor": "процессор",
    "memory": "память",
    "its part of the log:": "часть журнала:",
    # log
    "nothing is in {folder} today": "сегодня в {folder} ничего нет",
    # why
    "nothing was planned since {moment}": "с {moment} запусков не планировалось",
    "nothing unusual since {moment}": "с {moment} ничего необычного",
    "{moment} {task}: {story}": "{moment} {task}: {story}",
    "- {cure}": "- {cure}",
    "{fate}: {cause}": "{fate}: {cause}",
    "{fate}, {late} late: {cause}": "{fate}, опоздание {late}: {cause}",
    "since {since}": "с {since}",
    "from {since} to {until}": "с {since} до {until}",
    "ran at {begun}": "запуск в {begun}",
    "runs since {begun}": "идёт с {begun}",
    "waits for a further attempt": "ждёт следующей попытки",
    "{outcome} at {begun}: {why}": "{outcome} в {begun}: {why}",
    "put off until its time was over: {why}": "откладывалось, пока не вышло время: {why}",
    "stopped by hand at {begun}": "остановлено вручную, запуск в {begun}",
    "did not run": "запуска не было",
    "a later one ran in its place": "вместо него был более поздний запуск",
    "paused": "на паузе",
    "has not run yet": "запуска ещё не было",
    "ran while the ledger could not be written: how it ended is in the log": (
        "запуск был, но журнал учёта не записывался: итог в журнале задачи"
    ),
    "the PC was off {span}": "компьютер был выключен {span}",
    "the PC slept, or was shut down with fast startup, {span}": (
        "компьютер спал или был выключен с быстрым запуском {span}"
    ),
    "the PC was on and nothing started the scheduler {span}": "компьютер работал, но планировщик не запускался {span}",
    "the clock was set {span}": "часы переводились {span}",
    "the scheduler was not started {span}": "планировщик не запускался {span}",
    "{other} held it up {span}": "мешала задача «{other}» {span}",
    "{before}": "{before}",
    "{moment}, attempt {count}": "{moment}, попытка {count}",
    "ticks came and refused: the configuration was wrong, or others could change the program": (
        "планировщик запускался, но отказался: ошибка в настройках, или программу могли изменить другие"
    ),
    "pvz check and pvz doctor tell what is wrong still": "pvz check и pvz doctor скажут, что не так до сих пор",
    "no tick came within its minute": "в нужную минуту планировщик не запускался",
    "why is in the runner's log alone": "причина только в журнале планировщика",
    "let the PC stay awake: its power settings, or choose a time at which it is on": (
        "пусть компьютер не засыпает (параметры питания), или выберите время, когда он включён"
    ),
    "pvz doctor looks at the entry that starts it, and at what a protected one refuses; "
    "nobody may have been logged on": (
        "pvz doctor проверит запись, по которой он запускается, и то, из-за чего защищённая отказывается работать; "
        "возможно, никто не входил в систему"
    ),
    'give the task a misfire_grace_time, such as "next"': 'дайте задаче допуск: misfire_grace_time = "next"',
    "a longer misfire_grace_time, or another time, leaves room for both": (
        "больший допуск (misfire_grace_time) или другое время, чтобы хватило обеим"
    ),
    "let the PC set its clock from the network; a dead battery on the board does this each morning": (
        "включите установку времени по сети; каждое утро такое бывает от севшей батарейки на плате"
    ),
    # simulate
    "nothing would run": "ничего не запустилось бы",
    "would be missed: {moment}": "было бы пропущено: {moment}",
    "is paused: {moment}": "на паузе: {moment}",
    "runs for {moment}": "запуск за {moment}",
    "in the place of {count} earlier": "вместо более ранних: {count}",
    "a run takes no time here: tasks of one group may have to wait for each other": (
        "здесь запуски мгновенны: задачи одной группы могут ждать друг друга"
    ),
}
