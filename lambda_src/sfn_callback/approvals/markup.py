"""Texts from outside as HTML: addresses in them become links, and the rest stays text."""

import re
from html import escape

# Plain ones only: with a user's name before its host an address looks like another one's.
_ADDRESS = re.compile(
    r"\bhttps?://(?![^\s/?#]*@)[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:[/?#][\w.~:/?#\[\]@!$&()*+,;=%'-]*)?",
    re.ASCII | re.IGNORECASE,
)
_ENDS_A_SENTENCE = ".,:;!?*_'"


def linked(text: str) -> str:
    """Return a text as HTML, in which addresses of the web can be clicked."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = _without_sentence(found[0])
        parts += [escape(text[end : found.start()]), link(address, address)]
        end = found.start() + len(address)
    return "".join([*parts, escape(text[end:])])


def link(address: str, shown: str) -> str:
    """Return a link as HTML that opens a new window, so that a comment in progress is not lost."""
    rel = "noopener noreferrer nofollow"
    return f'<a href="{escape(address)}" target="_blank" rel="{rel}" dir="ltr">{escape(shown)}</a>'


def _without_sentence(found: str) -> str:
    """Return an address without what belongs to the sentence around it."""
    while found[-1] in _ENDS_A_SENTENCE or (found[-1] == ")" and found.count(")") > found.count("(")):
        found = found[:-1]
    return found
