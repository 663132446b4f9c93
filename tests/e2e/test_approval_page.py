"""The approval's page in a real browser, as people use it. Screenshots are kept in .local/screenshots."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

from tests.conftest import SCREENSHOTS
from tests.e2e.support.approvals import Approvals, Asked, approvals

__all__ = ["approvals"]

HOSTILE = (
    "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"></textarea>\u202e&lt;"
)
PHONE = {"width": 360, "height": 740}
expect.set_options(timeout=60_000)


class Visitor:
    """Somebody who opens pages; what the browser complains about is noted."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._name = name
        page.on("console", self._note)
        page.on("pageerror", self._note_error)

    def leave(self) -> None:
        """Hear nothing more of the page."""
        self.page.remove_listener("console", self._note)
        self.page.remove_listener("pageerror", self._note_error)

    def open(self, asked: Asked) -> Page:
        self.page.goto(asked.link)
        return self.page

    def look(self, moment: str) -> None:
        """Keep a screenshot."""
        self.page.screenshot(path=Path(SCREENSHOTS / f"{self._name}-{moment}.png"), full_page=True)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _note(self, message: ConsoleMessage) -> None:
        # That a page has another status than 200 is a complaint of Chromium's too.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)


@contextmanager
def visiting(page: Page, name: str) -> Iterator[Visitor]:
    """Somebody who sees nothing to complain about."""
    visitor = Visitor(page, name)
    yield visitor
    visitor.leave()
    assert visitor.complaints == []


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser with nothing special about it; a page in another one takes a process of its own."""
    with chromium.new_context() as context:
        yield context


@pytest.fixture(scope="module")
def common_page(window: BrowserContext) -> Page:
    return window.new_page()


@pytest.fixture
def visitor(chromium: Browser, common_page: Page, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    name, options = request.function.__name__.removeprefix("test_"), getattr(request, "param", None)
    if options is None:
        with visiting(common_page, name) as somebody:
            yield somebody
        return
    with chromium.new_context(**options) as context, visiting(context.new_page(), name) as somebody:
        yield somebody


@pytest.fixture(scope="module", autouse=True)
def late(approvals: Approvals, window: BrowserContext) -> Iterator[tuple[Asked, Visitor]]:
    """Somebody who answers after the deadline: asked first, so that the other tests pass meanwhile."""
    with visiting(window.new_page(), "an_expired_link_says_so") as somebody:
        asked = approvals.ask("Decide me, somebody")
        somebody.open(asked)
        yield asked, somebody


def test_approve(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Publish the catalogue", details="48 pages.\n\nThe printer waits.", requester="Ana")
    page = visitor.open(asked)
    expect(page).to_have_title("Publish the catalogue")
    visitor.look("asked")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve”")
    expect(page.get_by_role("status")).to_contain_text("Your answer was recorded.")
    expect(page.get_by_role("button")).to_have_count(0)
    visitor.look("decided")
    visitor.open(asked)
    expect(page.get_by_role("status")).not_to_contain_text("recorded")
    assert asked.ended().output["action"] == "approve"


@pytest.mark.parametrize("added", [").", "/", "%20", "%3E"])
def test_a_link_with_what_a_mail_program_adds_is_as_good(approvals: Approvals, visitor: Visitor, added: str) -> None:
    asked = approvals.ask(f"Approve by {added}", details="See https://wiki.example.com/catalogue.")
    page = visitor.page
    page.goto(asked.link + added)
    expect(page.get_by_role("link")).to_have_attribute("href", "https://wiki.example.com/catalogue")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Your answer was recorded.")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve”")
    assert asked.ended().output["action"] == "approve"


def test_reject_with_a_comment(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Publish the leaflet")
    page = visitor.open(asked)
    page.get_by_label("Comment").fill("The prices\nare old.")
    page.get_by_label("Your name").fill("Ben")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("Decided: “Reject” by Ben")
    expect(page.get_by_text("The prices are old.")).to_be_visible()
    visitor.look("decided")
    assert "The prices\\nare old." in asked.ended().cause


def test_to_reload_the_page_of_a_decision_sends_nothing_again(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Reload me")
    page = visitor.open(asked)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve”")
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    page.reload()
    assert methods == ["GET"]
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve”")


def test_a_second_decision_is_refused_politely(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Decide me in two windows")
    page = visitor.open(asked)
    asked.press("approve", decider="Ana")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("This was already decided, so your answer was not accepted.")
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve” by Ana")
    visitor.look("refused")
    assert asked.ended().status == "SUCCEEDED"


def test_a_link_that_was_cut_off_leads_nowhere(approvals: Approvals, visitor: Visitor) -> None:
    visitor.page.goto(approvals.page + "x" * 20)
    expect(visitor.page.get_by_role("heading")).to_have_text("Nothing to decide here")
    visitor.look("unknown")


def test_hostile_text_stays_text(approvals: Approvals, visitor: Visitor) -> None:
    subject = f"{HOSTILE} {'long' * 15}"
    actions = [{"name": "go", "label": HOSTILE[:80]}, {"name": "on-it", "kind": "heartbeat", "label": HOSTILE[:80]}]
    asked = approvals.ask(subject, details=HOSTILE * 20, requester=HOSTILE, actions=actions)
    page = visitor.open(asked)
    expect(page).to_have_title(subject)
    for action in (1, 0):
        page.get_by_label("Comment").fill(HOSTILE)
        page.get_by_label("Your name").fill(HOSTILE)
        page.get_by_role("button").nth(action).click()
        expect(page.get_by_role("status")).to_contain_text(HOSTILE)
        expect(page).to_have_title(subject)
        assert page.evaluate("document.querySelectorAll('script, img').length") == 0
        visitor.look(f"said-{action}")
    assert asked.ended().output["comment"] == HOSTILE


def test_a_script_that_got_in_would_not_run(approvals: Approvals, visitor: Visitor) -> None:
    page = visitor.open(approvals.ask("Run nothing"))
    with page.expect_console_message():
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    expect(page).to_have_title("Run nothing")
    assert visitor.complaints
    visitor.complaints.clear()


def test_the_keyboard_is_enough(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Press no mouse button")
    page = visitor.open(asked)
    page.keyboard.press("Tab")
    page.keyboard.type("typed")
    page.keyboard.press("Tab")
    page.keyboard.type("Cleo")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    visitor.look("focused")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("Decided: “Reject” by Cleo")
    assert asked.ended().error == "Rejected"


def test_enter_in_the_field_for_the_name_decides_nothing(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Do not press me by Enter")
    page = visitor.open(asked)
    page.get_by_label("Your name").fill("Dan")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Your name")).to_have_value("Dan")
    assert asked.waits()
    asked.press("approve")


@pytest.mark.parametrize("visitor", [{"viewport": PHONE, "color_scheme": "dark", "is_mobile": True}], indirect=True)
def test_a_phone_shows_it_all_without_scrolling_sideways(approvals: Approvals, visitor: Visitor) -> None:
    actions = [{"name": "publish", "style": "primary"}, {"name": "on-it", "kind": "heartbeat"}]
    actions.append({"name": "no", "label": "Not before the printer has agreed", "style": "danger"})
    asked = approvals.ask("Publish the spring catalogue on all channels", details="x" * 300, actions=actions)
    page = visitor.open(asked)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert (box["x"], box["width"]) == (16, PHONE["width"] - 32)
    visitor.look("asked")
    asked.press("publish", comment="Go on. " * 20, decider="Dan")
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor.look("decided")


@pytest.mark.parametrize("visitor", [{"java_script_enabled": False}], indirect=True)
def test_it_works_without_a_script(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Run no script")
    page = visitor.open(asked)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Decided: “Approve”")
    assert asked.ended().status == "SUCCEEDED"


def test_each_field_and_button_has_a_name_for_a_screen_reader(approvals: Approvals, visitor: Visitor) -> None:
    asked = approvals.ask("Read me aloud", requester="Ana")
    expect(visitor.open(asked).locator("main")).to_match_aria_snapshot("""
        - main:
          - heading "Read me aloud" [level=1]
          - term: Asked by
          - definition: Ana
          - term: Decide by
          - definition:
            - time: / UTC/
          - text: Comment (optional)
          - textbox "Comment (optional)"
          - text: Your name (optional)
          - textbox "Your name (optional)"
          - button "Approve"
          - button "Reject"
    """)
    asked.press("approve")


def test_an_expired_link_says_so(late: tuple[Asked, Visitor]) -> None:
    asked, visitor = late
    page = visitor.page
    asked.ended()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text(
        "You answered after the deadline, so your answer was not accepted."
    )
    expect(page.get_by_role("status")).to_contain_text(
        "Nobody decided in time, so the approval failed at the deadline."
    )
    visitor.look("expired")
