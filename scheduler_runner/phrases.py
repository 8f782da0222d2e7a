"""A sentence that is yet to be said in the reader's language: what commands and the doctor's findings are made of."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


def joined(template: str, parts: "Sequence[Phrase]") -> Phrase:
    """Return phrases, one at least, as one, by a template of ``{first}`` and ``{rest}``; nested no deeper than need be.

    >>> str(joined("{first}; {rest}", [Phrase("a"), Phrase("b"), Phrase("c")]))
    'a; b; c'
    """
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Phrase(template, first=joined(template, parts[:half]), rest=joined(template, parts[half:]))


class Kept(Phrase):
    """A sentence that was said in both languages before it was put on record: its template is gone.

    >>> str(Kept("pvz.ini is missing", "нет файла pvz.ini"))
    'pvz.ini is missing'
    """

    def __init__(self, english: str, russian: str) -> None:
        super().__init__(english)
        self.russian = russian
