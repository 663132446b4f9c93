"""Where the page is, and what a mail's subject may be."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sfn_callback.approvals import ask
from sfn_callback.aws import clients
from sfn_callback.errors import SettingsInvalid
from tests.conftest import set_variables


@pytest.fixture
def function_url(monkeypatch: pytest.MonkeyPatch) -> Any:
    client = botocore.session.get_session().create_client("lambda", region_name="eu-central-1")
    monkeypatch.setattr(clients, "functions", lambda: client)
    set_variables(monkeypatch, PAGE_FUNCTION="docs-page")
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
    assert [ask.page_url(), ask.page_url()] == ["https://abc.lambda-url.eu-central-1.on.aws/"] * 2
    function_url.assert_no_pending_responses()


def test_a_page_behind_another_name_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PAGE_URL="https://approve.example.com/docs")
    assert ask.page_url() == "https://approve.example.com/docs/"


@pytest.fixture
def parameter(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The parameter that has the page's URL, and how often it was read."""
    kept: dict[str, Any] = {"value": "https://approve.example.com/prod ", "read": 0}

    class Parameters:
        def get_parameter(self, *, Name: str) -> dict[str, Any]:
            assert Name == "/docs/approval-url"
            kept["read"] += 1
            return {"Parameter": {"Value": kept["value"]}}

    monkeypatch.setattr(clients, "parameters", Parameters)
    set_variables(monkeypatch, PAGE_URL_PARAMETER="/docs/approval-url")
    yield kept


def test_a_page_whose_address_is_in_a_parameter_is_read_there_every_five_minutes(
    parameter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, read in ((600.0, 1), (899.9, 1), (900.0, 2)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        assert ask.page_url() == "https://approve.example.com/prod/"
        assert parameter["read"] == read


@pytest.mark.parametrize("value", ["", "to be set", "http://a.example", "https://a.example/?id=", "https://a b"])
def test_a_parameter_that_has_no_address_is_said(parameter: dict[str, Any], value: str) -> None:
    parameter["value"] = value
    with pytest.raises(SettingsInvalid, match="/docs/approval-url must hold the URL"):
        ask.page_url()


def test_the_functions_know_the_service_that_keeps_parameters() -> None:
    with mock_aws():
        boto3.client("ssm").put_parameter(Name="/docs/approval-url", Value="https://a.example", Type="String")
        assert (
            clients.parameters().get_parameter(Name="/docs/approval-url")["Parameter"]["Value"] == "https://a.example"
        )
