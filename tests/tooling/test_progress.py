"""How far Terraform is, as it is told where there is no terminal."""

from itertools import count
from types import SimpleNamespace

import pytest

from tools import screen


def test_nothing_is_counted_before_terraform_knows_of_something(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "time", SimpleNamespace(monotonic=count(0, 12).__next__))
    with screen.counted("terraform apply") as report:
        report(0, 0)
        report(3, 16)
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "terraform apply: planning, 24 s",
        "terraform apply: 3 of 16 resources, 48 s",
    ]
