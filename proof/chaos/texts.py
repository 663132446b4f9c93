"""Documents, and what must become of them, counted while they are written and by none of the package's code."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = ("ledger", "token", "größe", "chunk", "doesn't", "merge", "wait", "the", "a", "of", "東京", "naïve", "slot")
_TOP = 20


@dataclass(frozen=True)
class Text:
    """A document: its name under ``documents/``, its bytes, its chunks, and the bytes of its merged result.

    ``once`` is how many of the chunks fail at their first attempt.
    """

    name: str
    body: bytes
    chunks: int
    once: int
    merged: bytes


def write(name: str, chunks: int, chance: random.Random) -> Text:
    """Write a document of so many chunks, a third of which fail at their first attempt; each has a word of its own."""
    sentences = [[*chance.choices(_WORDS, k=chance.randint(3, 30)), f"nr{number}"] for number in range(chunks)]
    once = set(chance.sample(range(chunks), chunks // 3))
    body = "\n".join(_paragraph(number in once, sentence) for number, sentence in enumerate(sentences))
    return Text(name, body.encode(), chunks, len(once), _merged(sentences))


def _paragraph(once: bool, sentence: list[str]) -> str:
    # A paragraph of either kind is a chunk by itself.
    return f"{'!once' if once else '!sleep 0.05'}\n{' '.join(sentence)}\n"


def _merged(sentences: list[list[str]]) -> bytes:
    counts = Counter(_each(sentences))
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_TOP]
    summary = {"words": counts.total(), "distinct": len(counts), "top": top}
    return json.dumps(summary, ensure_ascii=False).encode()


def _each(sentences: list[list[str]]) -> Iterator[str]:
    for sentence in sentences:
        yield from sentence
