"""The commands that demos show, run as the other tests' are; that a demo runs programs is seen in test_demo.py."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from demo import operator
from tests.e2e.support.commands import copied


@pytest.fixture(autouse=True)
def copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a demo's commands be copies."""
    monkeypatch.setattr(operator, "run", _run)


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    ran = copied(Path.cwd(), arguments, environment)
    for number, text in ((1, ran.out), (2, ran.err)):
        os.write(number, text.encode())
    return ran.code
