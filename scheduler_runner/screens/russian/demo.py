"""What ``demo`` says."""

ROWS = {
    "1. Eleven days of three cameras, {files} recordings, in {path}:": (
        "1. Одиннадцать дней трёх камер, записей: {files}, в {path}:"
    ),
    "- {number} are older than they need be kept, on the disk or in the cloud": (
        "- {number} старше, чем их нужно хранить, на диске или в облаке"
    ),
    "- the cloud's copy of {path} is of the right size, and zeros": (
        "- копия {path} в облаке нужного размера, но в ней одни нули"
    ),
    "- {camera} wrote last {hours} hours ago": "- {camera} писала последний раз {hours} ч назад",
    "- one recording is still being written": "- одна запись ещё пишется",
    "2. The copy, as it runs three times a day:": "2. Копирование, как оно идёт три раза в день:",
    "3. A tick, as it comes every few minutes, for all the rest:": (
        "3. Запуск планировщика, какой бывает каждые несколько минут, для всего остального:"
    ),
    "The camera at the entrance is silent, and the damaged copy is no copy: both were meant, and are told.": (
        "Камера у входа молчит, а испорченная копия — не копия: так и задумано, и о том и другом сказано."
    ),
    "4. What would run now, and why the rest would not:": "4. Что запустилось бы сейчас, и почему нет остального:",
    "This is not as it was meant: {names}": "Вышло не так, как задумано: {names}",
    "5. Look at:": "5. Посмотрите:",
    "the tick's log": "журнал запусков",
    "the copy's log": "журнал копирования",
    "the point's page": "страница пункта",
    "the copies": "копии",
    "what it says": "что говорит",
}
