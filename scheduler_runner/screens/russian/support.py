"""``support``."""

ROWS = {
    "one zip for the phone call: doctor, status, INI, logs of three days, the ledger; masked": (
        "один zip для звонка в поддержку: doctor, status, INI, журналы за три дня, журнал учёта; без секретов"
    ),
    "secrets that are known are masked in it; look through it before you send it": (
        "известные секреты в нём скрыты; просмотрите его, прежде чем отправить"
    ),
}
