"""What ``run`` and ``stop`` say."""

ROWS = {
    "run one task now, whatever its schedule and hours": "запустить задачу сейчас, в любое время",
    "end what runs for a task, with everything that it started; no further attempt follows": (
        "прекратить то, что делает задача, вместе со всем, что она запустила; без повторов"
    ),
    "{task}: {outcome}. {summary}": "{task}: {outcome}. {summary}",
    "{task}: how this run ended is not on record: the lines above tell it": (
        "{task}: чем кончился запуск, записать не удалось: об этом говорят строки выше"
    ),
    "{task} does not run": "{task}: сейчас не идёт",
    "the runner of {task} is dead: the next tick ends what it left": (
        "{task}: планировщик, который её запустил, погиб; следующий запуск прекратит оставшееся"
    ),
    "{task}, run {run}: asked to end": "{task}, запуск {run}: просьба прекратить передана",
    "stopped": "прекращено",
    "it has not ended within {seconds:.0f} s; pvz log {task} tells more": (
        "за {seconds:.0f} с не прекратилось; подробнее: pvz log {task}"
    ),
}
