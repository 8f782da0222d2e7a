"""``check``."""

ROWS = {
    "whether the configuration is sound: every section of the INI, every task": (
        "всё ли верно в настройках: каждый раздел INI, каждая задача"
    ),
    "checked: {path}, {tasks} tasks": "проверено: {path}, задач: {tasks}",
    "what it cannot see, this does: {command}": "остальное на этом ПК проверяет {command}",
}
