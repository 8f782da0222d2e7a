"""A sentence that is yet to be said in the reader's language: what commands and the doctor's findings are made of."""


class Phrase:
    """A sentence, or a part of one: a template in English, and its values.

    >>> str(Phrase("{path} is missing", path="pvz.ini"))
    'pvz.ini is missing'
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format_map(self.values) if self.values else self.template


class Kept(Phrase):
    """A sentence that was said in both languages before it was put on record: its template is gone.

    >>> str(Kept("pvz.ini is missing", "нет файла pvz.ini"))
    'pvz.ini is missing'
    """

    def __init__(self, english: str, russian: str) -> None:
        super().__init__(english)
        self.russian = russian
