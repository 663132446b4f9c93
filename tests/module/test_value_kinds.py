"""Inputs that are secrets, as all that comes from a parameter is to Terraform, or that no plan knows, as an attribute
of what the same apply makes: they are planned as any others.

All inputs at once, because one that is known or no secret makes nothing harder: what is wrong is named by what fails.
"""

from typing import Any

import pytest

from tests.module.conftest import Said
from tests.module.value_kinds import FIRST, PREFIX
from tools import hcl


def _told(diagnostic: dict[str, Any]) -> str:
    line = diagnostic.get("snippet", {}).get("code", "")
    return f"{diagnostic['summary']}: {line.strip()}: {diagnostic['detail']}"


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("secrets", id="each value is a secret"),
        pytest.param("whole_secrets", id="each object is a secret as a whole"),
        pytest.param("unknown", id="no plan knows a value"),
    ],
)
def test_whatever_an_input_is_it_is_planned(said: Said, kind: str) -> None:
    assert said.has_run(f"{PREFIX}{kind}")
    # What a check will be told later is an error to a test.
    found = [one for one in said.of(f"{PREFIX}{kind}") if "assertion known after apply" not in one["summary"]]
    assert list(map(_told, found)) == []


def test_every_input_is_here() -> None:
    assert set(FIRST) == set(hcl.blocks("variable"))


@pytest.mark.parametrize("attribute", ["emails", "emails_by_key"])
def test_addresses_that_no_plan_knows_have_an_input(attribute: str) -> None:
    assert f"`{attribute}`" in hcl.blocks("variable")["approval"]["description"]
