"""Makes the demo's texts, the same every time: a few hundred paragraphs, and a few of which one fails."""

import random

PARAGRAPHS = 400

_WHO = (
    "the archivist",
    "a courier",
    "the night clerk",
    "an old printer",
    "the bookbinder",
    "a young reader",
    "the librarian",
)
_DOES = ("carries", "counts", "copies", "mislays", "finds", "sorts", "reads aloud", "wraps", "weighs", "doesn't trust")
_WHAT = (
    "every page",
    "the last chapter",
    "a torn map",
    "seven letters",
    "the index",
    "a blue ledger",
    "the printer's proof",
)
_WHERE = (
    "in the cellar",
    "under the stairs",
    "by the window",
    "at the harbour",
    "between two shelves",
    "on the long table",
)
_WHEN = (
    "before the bell rings",
    "while the others wait",
    "once the rain stops",
    "until nobody is left",
    "and says nothing",
)


def text(paragraphs: int = PARAGRAPHS) -> str:
    """Return the text, paragraphs separated by a blank line."""
    chance = random.Random(paragraphs)
    return "\n\n".join(_paragraph(chance) for _ in range(paragraphs)) + "\n"


def failing() -> str:
    """Return a short text that has a paragraph which no attempt at it can process."""
    chance = random.Random(PARAGRAPHS)
    whole, broken, rest = (_paragraph(chance) for _ in range(3))
    return f"{whole}\n\n!fail\n{broken}\n\n{rest}\n"


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(3, 12)))


def _sentence(chance: random.Random) -> str:
    words = " ".join(chance.choice(part) for part in (_WHO, _DOES, _WHAT, _WHERE, _WHEN))
    return f"{words[0].upper()}{words[1:]}."
