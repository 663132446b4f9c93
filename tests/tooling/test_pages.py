"""The approvals' page in a real browser: every page, on a phone and a desktop, by day and by night.

What it does to an approval is tested in ``tests/e2e``. Screenshots are kept in .local/screenshots.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from sfn_callback import settings
from sfn_callback.approvals import page, request
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.store import Approval
from sfn_callback.aws.function_url import Response
from tests.conftest import SCREENSHOTS, set_variables
from tests.tooling.loopback import Quiet, serving

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
LONG = "https://proofs.example/" + "long-" * 60
ACTIONS: list[dict[str, Any]] = [
    {"name": "publish", "label": "Publish everywhere", "style": "primary"},
    {"name": "web", "label": "Publish on the web only"},
    {"name": "print", "label": "Print only"},
    {"name": "partners", "label": "Partners first, everybody else a week later, as in the autumn before"},
    {"name": "proof", "label": "x" * 80},
    {"name": "on-it", "label": "I am looking at it", "kind": "heartbeat"},
    {"name": "legal", "label": "Send to legal"},
    {"name": "reject", "style": "danger", "kind": "failure", "error": "Rejected"},
]
SAID = {"label": "I am looking at it", "decider": "Ben " * 40, "comment": "y" * 500, "time": "2026-01-31T23:59:59Z"}
REQUEST = {
    "subject": "Publish the spring catalogue of all departments on every channel, and the partners' portals?",
    "details": f"48 pages.\n\nProofs: {LONG}.\n\n" + "The printer waits until Friday noon. " * 40 + "z" * 400,
    "requester": "Ana Lindqvist, " + "w" * 150,
    "actions": ACTIONS,
}


def asked(heartbeat: dict[str, Any] | None = None, **fields: Any) -> Approval:
    asks = request.parse({**REQUEST, **fields})
    return Approval("i" * 32, asks, int(time.time()) + 300_000, 1, (), None, heartbeat, snoozed=False)


def decided(action: str, error: str | None = None, **fields: Any) -> Decision:
    return Decision("2026-01-31T23:59:59Z", action, error=error, decider="Ben", comment="y" * 500, **fields)


PAGES = {
    "asked": lambda: page.ask(asked()),
    "complained": lambda: page.ask(asked(), "Your answer was not accepted: press one of the buttons below.", 400),
    "on-it": lambda: page.ask(asked(SAID), pressed="on-it"),
    "approved": lambda: page.decided(asked(), decided("publish"), pressed="publish"),
    "rejected": lambda: page.decided(asked(), decided("reject", "Rejected"), pressed="reject"),
    "refused": lambda: page.decided(asked(), decided("publish"), refused=True),
    "timed-out": lambda: page.decided(asked(), decided("reject", "Rejected", timed_out=True)),
    "expired": lambda: page.expired(asked()),
    "unknown": page.unknown,
}


ANSWERABLE = ("asked", "complained", "on-it")


@pytest.fixture(scope="module", autouse=True)
def asker() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BUCKET", "TABLE", "WORKLOAD", "STATE_MACHINE_ARN", "PROCESS_FUNCTION"):
            patch.setenv(f"SFN_CALLBACK_{name}", "x")
        set_variables(patch, RETENTION_DAYS=14, ASKER_NAME="Northwind Press", ASKER_CONTACT="press@example.com")
        yield
    settings.current.cache_clear()


Site = tuple[str, dict[str, Response]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A server of pages, with the headers that they have, and what it serves."""
    pages: dict[str, Response] = {}

    class Pages(Quiet):
        def do_GET(self) -> None:
            answer = pages.get(self.path, page.unknown()).as_answer()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

    with serving(Pages) as server:
        yield f"http://{server}", pages


def window(chromium: Browser, size: str) -> Page:
    """A window of that size, which is closed with the browser."""
    viewport: Any = SIZES[size]
    return chromium.new_context(viewport=viewport, is_mobile=size == "phone").new_page()


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Page:
    return window(chromium, "phone")


def opened(shown: Page, site: Site, response: Response) -> Page:
    where, pages = site
    pages["/x"] = response
    shown.goto(f"{where}/x")
    return shown


@dataclass(frozen=True)
class Look:
    """How a page looks in a theme: its width, the boxes of its buttons, and the status, its colour and its focus."""

    width: int
    boxes: list[dict[str, float]]
    colour: str | None
    has_focus: bool


BOXES = "all => all.map(one => one.getBoundingClientRect().toJSON())"
LOOK = """() => {
  const status = document.querySelector("[role=status]")
  return {
    width: document.documentElement.scrollWidth,
    colour: status && getComputedStyle(status).backgroundColor,
    has_focus: status !== null && document.activeElement === status,
  }
}"""
Looks = dict[tuple[str, str], Look]


def looks(shown: Page, site: Site, size: str) -> Looks:
    """How each page looks in each theme; a screenshot of it is kept."""
    seen: Looks = {}
    for name, made in PAGES.items():
        opened(shown, site, made())
        for theme in THEMES:
            shown.emulate_media(color_scheme=theme)
            boxes = shown.get_by_role("button").evaluate_all(BOXES)
            seen[name, theme] = Look(boxes=boxes, **shown.evaluate(LOOK))
            shown.screenshot(path=SCREENSHOTS / f"page-{name}-{SIZES[size]['width']}-{theme}.png", full_page=True)
    return seen


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser complains of."""
    return []


@pytest.fixture(scope="module")
def seen(chromium: Browser, phone: Page, site: Site, complaints: list[str]) -> dict[str, Looks]:
    """How each page looks, by the window's size."""
    windows = {"phone": phone, "desktop": window(chromium, "desktop")}
    for shown in windows.values():
        shown.on("console", lambda said: complaints.append(said.text))
    return {size: looks(shown, site, size) for size, shown in windows.items()}


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window_and_a_thumb_hits_its_buttons(seen: dict[str, Looks], size: str) -> None:
    width = SIZES[size]["width"]
    for (name, _), look in seen[size].items():
        assert look.width <= width, name
        # https://www.w3.org/TR/WCAG22/#target-size-enhanced
        assert all(box["height"] >= 44 for box in look.boxes), name
        assert all(box["x"] + box["width"] <= width for box in look.boxes), name
        assert bool(look.boxes) == (name in ANSWERABLE)


def test_the_browser_complains_of_no_page(seen: dict[str, Looks], complaints: list[str]) -> None:
    assert [text for text in complaints if "the server responded with a status of" not in text] == []


def test_what_was_decided_is_told_from_what_was_rejected_at_a_glance(seen: dict[str, Looks]) -> None:
    told = [(name, theme) for name in ("approved", "rejected", "refused") for theme in THEMES]
    assert len({(theme, seen["phone"][name, theme].colour) for name, theme in told}) == len(told)


def test_news_have_the_focus_so_that_they_are_read_aloud(seen: dict[str, Looks]) -> None:
    for name in ("complained", "on-it", "approved", "rejected", "refused", "expired"):
        # As it is when the browser has painted the page once.
        assert seen["phone"][name, THEMES[-1]].has_focus, name


def test_a_link_in_the_details_opens_a_window_that_knows_nothing_of_the_page(phone: Page, site: Site) -> None:
    where, pages = site
    pages["/told"] = Response(200, "<!doctype html><title>told</title>")
    shown = opened(phone, site, page.ask(asked(details=f"See {where}/told.")))
    shown.get_by_label("Comment").fill("begun")
    with phone.context.expect_page() as other:
        shown.get_by_role("link", name=f"{where}/told").click()
    expect(other.value).to_have_title("told")
    assert other.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    expect(shown.get_by_label("Comment")).to_have_value("begun")


def test_a_screen_reader_finds_each_part_by_its_name(phone: Page, site: Site) -> None:
    shown = opened(phone, site, page.ask(asked(subject="Go?", requester="Ana", details="", actions=ACTIONS[5:7])))
    expect(shown.locator("body")).to_match_aria_snapshot("""
        - banner: Northwind Press
        - main:
          - heading "Go?" [level=1]
          - term: Asked by
          - definition: Ana
          - term: Decide by
          - definition:
            - time: / UTC/
            - text: (in 3 days)
          - text: Comment (optional)
          - textbox "Comment (optional)"
          - text: Your name (optional)
          - textbox "Your name (optional)"
          - button "I am looking at it"
          - button "Send to legal"
        - contentinfo:
          - paragraph: /Opening this page decides nothing/
          - paragraph:
            - text: "Questions? Northwind Press:"
            - link "press@example.com"
    """)
