"""``notify``, and what is missing where nobody can be told."""

ROWS = {
    "chat {chat}: sent": "чат {chat}: отправлено",
    "chat {chat}: not sent: {reason}": "чат {chat}: не отправлено: {reason}",
    "chat {chat} has moved: chat_id = {moved_to} would be right": "чат {chat} переехал: верно было бы chat_id = {moved_to}",
    "ping: none is set up (ping_url in [healthchecks]): nobody hears when this PC is dead": (
        "сигнал: не настроен (ping_url в [healthchecks]): о мёртвом ПК никто не узнает"
    ),
    "ping: not sent: {reason}": "сигнал: не отправлен: {reason}",
    "ping: sent": "сигнал: отправлен",
    "{what} (variable {variable}, or token_file in [{section}])": "{what} (переменная {variable} или token_file в [{section}])",
    "{what} ({key} in [{section}], or variable {variable})": "{what} ({key} в [{section}] или переменная {variable})",
    "{first} and {rest}": "{first} и {rest}",
    "no bot's token": "нет токена бота",
    "no chat": "нет чата",
    "no community's token": "нет токена сообщества",
    "no peer": "нет получателя",
}
