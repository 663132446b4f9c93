"""The approval demo's part of a mail program: to find the link."""

import pytest

from demo import approval

PAGE = "https://abc123.lambda-url.eu-central-1.on.aws/"
MAIL = f"Please decide.\n\nThe page, {PAGE}, asks for no password.\n\n{PAGE}Zm9vYmFy\n"


def test_the_link_is_the_line_that_begins_with_the_page() -> None:
    assert approval.link_in(MAIL, PAGE) == f"{PAGE}Zm9vYmFy"


def test_a_mail_with_no_link_or_with_two_is_not_guessed_at() -> None:
    for text in ("Please decide.\n", MAIL + MAIL):
        with pytest.raises(ValueError, match="values to unpack"):
            approval.link_in(text, PAGE)
