"""In which of the old Russian code pages a text was saved: they share their bytes, so only its letters can tell.

Imported where an INI is no UTF-8.
"""

from config.values import WrongValue

WINDOWS = "cp1251"
_OTHERS = {"cp866": "the console's code page", "koi8-r": "Unix' old code page"}
# The commonest letter of Russian texts first; its place is what a letter costs, about a tenth of a nat each.
_LETTERS = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_SIGNS = "«»№–—…“”„\xa0"
_SIGN_COST, _STRANGE_COST = 20, 50
# A code page that swaps capital and small letters shows `яКЛАД`.
_CASE_COST = 40
_PROOF = 60


def decode_windows(content: bytes) -> str:
    """Return the text of bytes in cp1251. Raises ``WrongValue`` where they are plainly in another code page.

    Plainly: two usual words or a long one. A cp1251 text has at most a third of that against it by a rare word
    («сейф», «МБ»), and its other words weigh in its favour.
    """
    costs = {page: _cost(content.decode(page, "replace")) for page in (WINDOWS, *_OTHERS)}
    page = min(costs, key=costs.__getitem__)
    if costs[page] + _PROOF <= costs[WINDOWS]:
        raise WrongValue(
            "it seems to be saved as {page} ({others}), so that names cannot be read: UTF-8",
            page=page,
            others=_OTHERS[page],
        )
    return content.decode(WINDOWS, "replace")


def _cost(text: str) -> int:
    """Return how unlikely a text is; each word counts once, as places are named again with each camera."""
    return sum(map(_word_cost, {word.lower(): word for word in text.split()}.values()))


def _word_cost(word: str) -> int:
    cost = 0
    for before, letter in zip(" " + word, word):
        if letter.isascii():
            continue
        place = _LETTERS.find(letter.lower())
        if place < 0:
            place = _SIGN_COST if letter in _SIGNS else _STRANGE_COST
        cost += place + (_CASE_COST if before.islower() and letter.isupper() else 0)
    return cost
