"""A sentence that is yet to be said in the reader's language: what commands and the doctor's findings are made of."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Phrase:
    """A sentence, or a part of one: a template in English, and its values.

    >>> str(Phrase("{path} is missing", path="pvz.ini"))
    'pvz.ini is missing'
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.template = template
        self.values = values

    def mapped(self, change: "Callable[[str], str]") -> "Phrase":
        """Return it with its values changed, as where they may hold secrets.

        >>> str(Phrase("network: {told}", told="no route").mapped(str.upper))
        'network: NO ROUTE'
        """
        return Phrase(self.template, **{name: change(str(value)) for name, value in self.values.items()})

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
