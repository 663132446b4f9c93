"""The code blocks of the README and of docs/, for the tests that do what they say."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str, containing: str, text: str = README) -> str:
    """Return the code block of that language with those words in it, of the README or of another text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    (found,) = (one for one in blocks if containing in one)
    return str(found)
