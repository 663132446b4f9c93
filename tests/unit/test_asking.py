"""Where the page is, and what a mail's subject may be."""

from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from sfn_callback import asking, clients, settings


@pytest.fixture
def function_url(monkeypatch: pytest.MonkeyPatch) -> Any:
    client = botocore.session.get_session().create_client("lambda", region_name="eu-central-1")
    monkeypatch.setattr(clients, "functions", lambda: client)
    monkeypatch.setenv("SFN_CALLBACK_PAGE_FUNCTION", "docs-page")
    settings.current.cache_clear()
    answer = {
        "FunctionUrl": "https://abc.lambda-url.eu-central-1.on.aws/",
        "FunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:docs-page",
        "AuthType": "NONE",
        "CreationTime": "2026-01-31T23:59:59Z",
        "LastModifiedTime": "2026-01-31T23:59:59Z",
    }
    with Stubber(client) as stubber:
        stubber.add_response("get_function_url_config", answer, {"FunctionName": "docs-page"})
        yield stubber


def test_the_page_is_looked_up_once(function_url: Stubber) -> None:
    assert [asking.page_url(), asking.page_url()] == ["https://abc.lambda-url.eu-central-1.on.aws/"] * 2
    function_url.assert_no_pending_responses()


def test_a_page_behind_another_name_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_PAGE_URL", "https://approve.example.com/docs")
    settings.current.cache_clear()
    assert asking.page_url() == "https://approve.example.com/docs/"
