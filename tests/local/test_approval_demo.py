"""The approval demo's part of a person: the link of a mail, and the form of its page."""

from typing import ClassVar
from urllib.parse import parse_qsl

import pytest

from local.demos import approval
from tests.local.loopback import Quiet, serving

PAGE = "https://abc123.lambda-url.eu-central-1.on.aws/"
MAIL = f"Please decide.\n\nThe page, {PAGE}, asks for no password.\n\n{PAGE}Zm9vYmFy\n"


def test_the_link_is_the_line_that_begins_with_the_page() -> None:
    assert approval.link_in(MAIL, PAGE) == f"{PAGE}Zm9vYmFy"


def test_a_mail_with_no_link_or_with_two_is_not_guessed_at() -> None:
    for text in ("Please decide.\n", MAIL + MAIL):
        with pytest.raises(ValueError, match="values to unpack"):
            approval.link_in(text, PAGE)


class Page(Quiet):
    """Takes decisions on ``/open``, and none elsewhere."""

    forms: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.forms.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(303 if self.path == "/open" else 409)
        self.end_headers()
        self.wfile.write(b"decided before")


def test_it_approves_with_the_form_that_the_page_has() -> None:
    with serving(Page) as page:
        approval.decide(f"http://{page}/open")
    assert dict(parse_qsl(Page.forms.pop())) == approval.DECISION


def test_a_page_that_takes_no_decision_ends_the_demo_with_what_it_says() -> None:
    with serving(Page) as page, pytest.raises(RuntimeError, match="The page answered 409: decided before"):
        approval.decide(f"http://{page}/closed")
