"""``terraform test``: what plans have."""

from pathlib import Path

from tests.module.conftest import filters, terraform


def test_terraform_test_passes(module: Path) -> None:
    # The others pass where their plans are read.
    done = terraform(module, "test", "-no-color", *filters(module, read=False))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
