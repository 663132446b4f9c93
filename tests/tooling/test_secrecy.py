"""Secrets are found in what others can read, however they are written there."""

import base64

import pytest

from testing.secrecy import PIECE, leaking

SECRETS = {"0b7e2d5e-5a55-4c39-9f0e-0d8a3c1f2b11", "7f9c1a3e-8f2d-47a5-8b1c-55aa66bb77cc"}
ONE = min(SECRETS)


@pytest.mark.parametrize(
    "written",
    [ONE, ONE[:PIECE], ONE.upper(), ONE[::-1], ONE.encode().hex(), base64.b64encode(b"xy" + ONE.encode()).decode()],
)
def test_a_secret_is_found_among_others_in_a_long_text(written: str) -> None:
    assert leaking(SECRETS, f"{'before ' * 1_000}{written}{' behind' * 1_000}") == {ONE}


def test_what_has_no_secret_leaks_none() -> None:
    assert leaking(SECRETS, ONE[: PIECE - 1] * 100) == set()
    assert leaking(SECRETS, "") == set()
