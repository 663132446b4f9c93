"""The page's HTML: nothing from outside becomes markup, and the browser is told to be strict."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import approval, page
from sfn_callback.approval import Decision
from sfn_callback.approvals import Approval
from sfn_callback.web import Response

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{7*7}}"


def asked(**fields: Any) -> Approval:
    heartbeat = fields.pop("heartbeat", None)
    question = approval.question({"subject": "Go?", **fields})
    return Approval("i" * 32, question, 1_767_571_200, 1, (), None, heartbeat, snoozed=False)


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(response.body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(text: str) -> Iterator[Response]:
    """Every page, with a text from outside in each place."""
    actions = [{"name": "yes", "label": text[:80]}]
    said = {"label": text, "decider": text, "comment": text, "time": "2026-01-31T23:59:59Z"}
    found = asked(subject=text[:200], details=text, requester=text[:200], actions=actions, heartbeat=said)
    yield page.ask(found, text)
    yield page.decided(found, Decision("2026-01-31T23:59:59Z", "yes", comment=text, decider=text, principal=text))
    yield page.expired(found)
    yield page.problem(400, text, text)


ALLOWED = {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "bdi", "time", "dl", "dt", "dd"} | {
    "form", "button", "label", "small", "textarea", "input", "div", "blockquote",
}  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip) | st.just(HOSTILE))
def test_no_text_becomes_markup(text: str) -> None:
    for response in pages(text):
        tags = Tags(response)
        assert set(tags.tags) <= ALLOWED
        assert {name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "href")} == set()


def test_hostile_text_is_shown_as_it_is() -> None:
    for response in pages(HOSTILE):
        assert HOSTILE in Tags(response).text


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    response = page.ask(asked())
    (style,) = re.findall("<style>(.*?)</style>", response.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert response.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]


def test_a_page_is_not_kept_indexed_sniffed_framed_or_referred_from() -> None:
    headers = page.unknown().as_answer()["headers"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-robots-tag"] == "noindex"


def test_there_is_no_script_and_no_link_on_any_page() -> None:
    for response in pages("x"):
        assert "<script" not in response.body
        assert "<a " not in response.body


def test_every_time_is_one_for_programs_too() -> None:
    for response in pages("x"):
        times = re.findall("<time(.*?)>", response.body)
        assert [one for one in times if not re.fullmatch(r' datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', one)] == []


@pytest.mark.parametrize(("refused", "status"), [(False, 200), (True, 409)])
def test_what_a_person_decided_is_shown_and_another_answer_refused(refused: bool, status: int) -> None:
    shown = page.decided(asked(), Decision("2026-01-31T23:59:59Z", "approve"), refused=refused)
    assert shown.status == status
    assert ("This was decided already, so your answer was not taken." in shown.body) == refused


@pytest.mark.parametrize(
    ("decided", "outcome"),
    [
        ({"action": "reject"}, "so this was taken at the deadline: “<bdi>Reject</bdi>”."),
        ({"error": "ApprovalTimedOut"}, "so it was given up at the deadline."),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_what_the_deadline_decided_is_gone(decided: dict[str, str], outcome: str, refused: bool) -> None:
    shown = page.decided(asked(), Decision("2026-01-31T23:59:59Z", **decided, timed_out=True), refused=refused)  # type: ignore[arg-type]
    assert shown.status == 410
    assert f"Nobody decided in time, {outcome}" in shown.body
    assert ("You answered after the deadline, so your answer was not taken." in shown.body) == refused


def test_a_page_for_a_program_has_no_button() -> None:
    response = page.ask(asked(webhook={}))
    assert "waits for a program" in response.body
    assert "<form" not in response.body


def test_a_decision_of_a_program_is_shown_as_one() -> None:
    decided = Decision("2026-01-31T23:59:59Z", output={"secret": "body"}, webhook=True)
    shown = page.decided(asked(webhook={}), decided).body
    assert "Decided: An answer by a program" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("style", ["primary", "danger", "neutral"])
def test_a_button_has_its_style(style: str) -> None:
    assert f'class="{style}"' in page.ask(asked(actions=[{"name": "go", "style": style}])).body
