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

from sfn_callback.approvals import page, page_style, request
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.store import Approval
from sfn_callback.aws.function_url import Response

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{7*7}}"


def asked(**fields: Any) -> Approval:
    heartbeat = fields.pop("heartbeat", None)
    question = request.parse({"subject": "Go?", **fields})
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
    "form", "button", "label", "small", "textarea", "input", "div", "blockquote", "header", "footer", "a", "span",
}  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip) | st.just(HOSTILE))
def test_no_text_becomes_markup(text: str) -> None:
    for response in pages(text):
        tags = Tags(response)
        assert set(tags.tags) <= ALLOWED
        assert {name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "style")} == set()
        assert all(re.match("(https?://|mailto:)", value or "") for name, value in tags.attributes if name == "href")


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


def test_there_is_no_script_on_any_page_and_no_link_that_nobody_wrote() -> None:
    for response in pages("x"):
        assert "<script" not in response.body
        assert "<a " not in response.body


def test_a_link_in_the_details_can_be_clicked_and_tells_its_target_nothing() -> None:
    shown = page.ask(asked(subject="See https://a.example/", details="See https://a.example/b?c=1&d=2#e.")).body
    assert shown.count("<a ") == 1
    assert (
        '<a href="https://a.example/b?c=1&amp;d=2#e" target="_blank" rel="noopener noreferrer nofollow" dir="ltr">'
        "https://a.example/b?c=1&amp;d=2#e</a>."
    ) in shown


def test_no_page_names_an_arn() -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/ops/ana"
    said = {"label": "On it", "decider": arn, "comment": "", "time": "2026-01-31T23:59:59Z"}
    found = asked(heartbeat=said)
    decided = Decision("2026-01-31T23:59:59Z", "approve", decider=arn, principal=arn)
    for shown in (page.ask(found), page.decided(found, decided), page.decided(found, decided, refused=True)):
        assert "arn:" not in shown.body
        assert "an operator" in shown.body


@pytest.mark.parametrize(
    ("decided", "refused", "look", "sign"),
    [
        (Decision("2026-01-31T23:59:59Z", "approve"), False, "yes", "✓"),
        (Decision("2026-01-31T23:59:59Z", "reject", error="Rejected"), False, "no", "✕"),
        (Decision("2026-01-31T23:59:59Z", "approve"), True, "late", "!"),
        (Decision("2026-01-31T23:59:59Z", "approve", timed_out=True), False, "late", "!"),
    ],
)
def test_what_was_approved_rejected_and_not_taken_differs_by_sign_and_colour(
    decided: Decision, refused: bool, look: str, sign: str
) -> None:
    shown = page.decided(asked(), decided, refused=refused).body
    assert f'class="notice {look}"' in shown
    assert (f'<span aria-hidden="true">{sign}</span>' in shown) != refused
    assert ("your answer was not accepted" in shown) == refused
    assert f".{look}{{border-color:var(--{look});background:var(--{look}-back)}}" in page_style.STYLE


def test_the_deadline_says_how_long_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, left in {
        3 * 86_400 - 1: " (in 2 days)",
        2 * 86_400 - 1: " (in 47 hours)",
        7_199: " (in 119 minutes)",
        119: "",
        -5: "",
    }.items():
        monkeypatch.setattr("time.time", lambda seconds=seconds: 1_767_571_200 - seconds)
        assert f"5 January 2026, 00:00 UTC</time>{left}</dd>" in page.ask(asked()).body


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_edges_have_the_contrast_that_wcag_asks_for(theme: str) -> None:
    light, dark = (dict(re.findall(r"--([a-z-]+):(#[0-9a-f]+)", part)) for part in page_style.STYLE.split("@media")[:2])
    assert light.keys() == dark.keys()
    colours = light if theme == "light" else dark
    texts = [(text, ground) for text in ("text", "quiet", "link") for ground in ("back", "card")]
    texts += [(look, f"{look}-back") for look in ("yes", "no", "late")]
    texts += [("text", f"{look}-back") for look in ("yes", "no", "late")]
    for text, ground in texts:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for button in ("go", "stop"):
        assert contrast("#fff", colours[button]) >= 4.5, button
    for edge in ("edge", "focus", "go", "stop", "yes", "no", "late"):
        assert contrast(colours[edge], colours["card"]) >= 3, edge


def test_every_time_is_one_for_programs_too() -> None:
    for response in pages("x"):
        times = re.findall("<time(.*?)>", response.body)
        assert [one for one in times if not re.fullmatch(r' datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', one)] == []


@pytest.mark.parametrize(("refused", "status"), [(False, 200), (True, 409)])
def test_what_a_person_decided_is_shown_and_another_answer_refused(refused: bool, status: int) -> None:
    shown = page.decided(asked(), Decision("2026-01-31T23:59:59Z", "approve"), refused=refused)
    assert shown.status == status
    assert ("This was already decided, so your answer was not accepted." in shown.body) == refused


@pytest.mark.parametrize(
    ("decided", "outcome"),
    [
        ({"action": "reject"}, "so “<bdi>Reject</bdi>” was chosen at the deadline."),
        ({"error": "ApprovalTimedOut"}, "so the approval failed at the deadline."),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_what_the_deadline_decided_is_gone(decided: dict[str, str], outcome: str, refused: bool) -> None:
    shown = page.decided(asked(), Decision("2026-01-31T23:59:59Z", **decided, timed_out=True), refused=refused)  # type: ignore[arg-type]
    assert shown.status == 410
    assert f"Nobody decided in time, {outcome}" in shown.body
    assert ("You answered after the deadline, so your answer was not accepted." in shown.body) == refused


def test_a_page_for_a_program_has_no_button() -> None:
    response = page.ask(asked(webhook={}))
    assert "A program answers this" in response.body
    assert "<form" not in response.body


def test_a_decision_of_a_program_is_shown_as_one() -> None:
    decided = Decision("2026-01-31T23:59:59Z", output={"secret": "body"}, webhook=True)
    shown = page.decided(asked(webhook={}), decided).body
    assert "Decided: An answer by a program" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("style", ["primary", "danger", "neutral"])
def test_a_button_has_its_style(style: str) -> None:
    assert f'class="{style}"' in page.ask(asked(actions=[{"name": "go", "style": style}])).body
