"""The local AWS never meets a real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import aws


def test_nothing_of_a_real_account_reaches_the_local_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "real")
    ours = aws._without_aws()
    assert "real" not in {value for name, value in ours.items() if name.startswith("AWS_")}
    assert ours["AWS_SHARED_CREDENTIALS_FILE"] == ours["AWS_CONFIG_FILE"] == os.devnull


def test_a_process_that_only_has_the_old_servers_number_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "aws"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        (folder / "group").write_text(str(other.pid))
        assert not aws.stop_left(folder)
        assert other.poll() is None
        other.communicate(b"\n")
    assert other.returncode == 0
    assert not folder.exists()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="The end of its log"):
        aws.start(tmp_path / "aws", MINISTACK_SSL_KEY="")
