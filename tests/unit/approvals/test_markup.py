"""Addresses in texts become links, and nothing else does."""

import re
import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.approvals import markup
from tests.conftest import examples


def links(text: str) -> list[str]:
    return re.findall('<a href="(.*?)"', markup.linked(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.example", ["https://a.example"]),
        ("See HTTP://A.example:8080/b.", ["HTTP://A.example:8080/b"]),
        ("(https://a.example/b_(c))", ["https://a.example/b_(c)"]),
        ('<https://a.example/>, "https://b.example/?c=1"!', ["https://a.example/", "https://b.example/?c=1"]),
        ("*https://a.example/b*", ["https://a.example/b"]),
        ("https://a.example/b'><script>", ["https://a.example/b"]),
        ("https://a.example/\u202egpj.exe", ["https://a.example/"]),
        ("https://a.example/%E2%82%AC?b[]=c&amp=d", ["https://a.example/%E2%82%AC?b[]=c&amp;amp=d"]),
        ("https://bank.example@evil.example/", []),
        ("https://bank.example:pw@evil.example/", []),
        ("javascript:alert(1) data:text/html,x ftp://a.example //a.example mailto:a@b.example", []),
        ("xhttps://a.example https:// https:///a https://?a", []),
    ],
)
def test_addresses_of_the_web_and_nothing_else_are_links(text: str, found: list[str]) -> None:
    assert links(text) == found


@examples(each=3)
@given(st.text() | st.from_regex(r"(https?://[ -~]{0,9}[@'\"<>)&]{0,3}){1,3}"))
def test_a_text_with_links_is_the_same_text(text: str) -> None:
    shown = markup.linked(text)
    assert re.sub("</?a[^>]*>", "", shown) == escape(text)
    assert all(re.fullmatch(r"https?://[^\s<>\"]+", one, re.IGNORECASE) for one in links(text))


@pytest.mark.parametrize("piece", ["https://", "https://a", "https://a/)", "(", ")", "h", "https://a@", "."])
def test_no_text_takes_long(piece: str) -> None:
    began = time.process_time()
    markup.linked("https://a.example/" + piece * (10_000 // len(piece)))
    assert time.process_time() - began < 0.5
