"""The approvals' page in a real browser: every page, on a phone and a desktop, by day and by night.

What it does to an approval is tested in ``tests/e2e``. Screenshots are kept in .local/screenshots.
"""

import time
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

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


@pytest.fixture(autouse=True)
def asker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("BUCKET", "TABLE", "WORKLOAD", "STATE_MACHINE_ARN", "PROCESS_FUNCTION"):
        monkeypatch.setenv(f"SFN_CALLBACK_{name}", "x")
    set_variables(monkeypatch, RETENTION_DAYS=14, ASKER_NAME="Northwind Press", ASKER_CONTACT="press@example.com")
    yield
    settings.current.cache_clear()


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, Response]]]:
    """A server of pages, with the headers that they have, and what it serves."""
    pages: dict[str, Response] = {}

    class Site(Quiet):
        def do_GET(self) -> None:
            answer = pages.get(self.path, page.unknown()).as_answer()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())

    with serving(Site) as server:
        yield f"http://{server}", pages


@pytest.fixture
def size() -> str:
    """The window, where a test is not of both."""
    return "phone"


@pytest.fixture
def context(chromium: Browser, size: str) -> Iterator[BrowserContext]:
    viewport: Any = SIZES[size]
    with chromium.new_context(viewport=viewport, is_mobile=size == "phone") as made:
        yield made


def opened(context: BrowserContext, site: tuple[str, dict[str, Response]], response: Response) -> Page:
    where, pages = site
    pages["/x"] = response
    shown = context.new_page()
    shown.goto(f"{where}/x")
    return shown


def wide(shown: Page, name: str, width: int) -> None:
    """Fail unless the page fits into its window, with buttons that a thumb hits."""
    assert shown.evaluate("document.documentElement.scrollWidth") <= width, name
    boxes = shown.get_by_role("button").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    # https://www.w3.org/TR/WCAG22/#target-size-enhanced
    assert all(box["height"] >= 44 for box in boxes), name
    assert all(box["x"] + box["width"] <= width for box in boxes), name
    assert bool(boxes) == (name in ANSWERABLE)


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window_and_the_browser_complains_of_none(
    context: BrowserContext, site: tuple[str, dict[str, Response]], size: str
) -> None:
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text))
    width, shown = SIZES[size]["width"], context.new_page()
    for name, made in PAGES.items():
        where, pages = site
        pages["/x"] = made()
        shown.goto(f"{where}/x")
        for theme in THEMES:
            shown.emulate_media(color_scheme=theme)
            wide(shown, name, width)
            shown.screenshot(path=SCREENSHOTS / f"page-{name}-{width}-{theme}.png", full_page=True)
        status = [text for text in complaints if "the server responded with a status of" not in text]
        assert status == [], name


def test_what_was_decided_is_told_from_what_was_rejected_at_a_glance(
    context: BrowserContext, site: tuple[str, dict[str, Response]]
) -> None:
    colours = set()
    for name in ("approved", "rejected", "refused"):
        shown = opened(context, site, PAGES[name]())
        for theme in THEMES:
            shown.emulate_media(color_scheme=theme)
            colour = shown.get_by_role("status").evaluate("one => getComputedStyle(one).backgroundColor")
            colours.add((theme, colour))
    assert len(colours) == 3 * len(THEMES)


def test_news_have_the_focus_so_that_they_are_read_aloud(
    context: BrowserContext, site: tuple[str, dict[str, Response]]
) -> None:
    for name in ("complained", "on-it", "approved", "rejected", "refused", "expired"):
        expect(opened(context, site, PAGES[name]()).get_by_role("status")).to_be_focused()


def test_a_link_in_the_details_opens_a_window_that_knows_nothing_of_the_page(
    context: BrowserContext, site: tuple[str, dict[str, Response]]
) -> None:
    where, pages = site
    pages["/told"] = Response(200, "<!doctype html><title>told</title>")
    shown = opened(context, site, page.ask(asked(details=f"See {where}/told.")))
    shown.get_by_label("Comment").fill("begun")
    with context.expect_page() as other:
        shown.get_by_role("link", name=f"{where}/told").click()
    expect(other.value).to_have_title("told")
    assert other.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    expect(shown.get_by_label("Comment")).to_have_value("begun")


def test_a_screen_reader_finds_each_part_by_its_name(
    context: BrowserContext, site: tuple[str, dict[str, Response]]
) -> None:
    shown = opened(context, site, page.ask(asked(subject="Go?", requester="Ana", details="", actions=ACTIONS[5:7])))
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
