"""The pages, README and docs/, and their code blocks, for the tests that do what they say."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DOCS = {path.stem: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
"""The pages of docs/, by their names."""
EVERY_PAGE = "\n".join([README, *DOCS.values()])


def blocks(language: str, text: str = EVERY_PAGE) -> list[str]:
    """Return all code blocks of that language, of all pages or of one text."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def block(language: str, containing: str, text: str = EVERY_PAGE) -> str:
    """Return the code block of that language with those words in it, of all pages or of one text."""
    (found,) = (one for one in blocks(language, text) if containing in one)
    return found
