"""The command as a process: what becomes of it where its output goes nowhere, and what a shell gives it as a name."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfn_callback_operator import cli
from tests.operator.conftest import Desk
from tests.readme import ROOT

PATH = os.pathsep.join((f"{ROOT}/lambda_src", f"{ROOT}/operator_src"))
COMMAND = [sys.executable, "-m", "sfn_callback_operator"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": PATH, "PYTHONUTF8": "1", **more}


JOBS = ("jobs", "--name", "docs", "--endpoint-url")
ANSWERS = {
    "table": "screen.table(['job'], [['one']])",
    "line": "screen.answer('one')",
    "facts": "screen.facts({'job': 'one'})",
    "json": "screen.write_json(['one'])",
    "file": "screen.write('one')",
    "umlaut": "screen.answer('größe')",
}
WAYS = pytest.mark.parametrize(
    ("answer", "unbuffered"),
    [*((answer, "") for answer in ANSWERS if answer != "umlaut"), ("table", "1"), ("json", "1")],
)


def print_into(stdout: Any, answer: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command that prints in one of the ways that there are."""
    printing = f"cli.app.command('print')(lambda: {ANSWERS[answer]})"
    program = (
        f"from sfn_callback_operator import cli; from sfn_callback_operator.output import screen; {printing}; cli.run()"
    )
    command = [sys.executable, "-c", program, "print"]
    return subprocess.run(command, env=environment(**more), stdout=stdout, stderr=subprocess.PIPE, check=False)


@WAYS
def test_a_full_disk_is_said_and_is_no_success(answer: str, unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = print_into(full, answer, PYTHONUNBUFFERED=unbuffered)
    assert b"The answer could not be written: No space left on device." in ran.stderr
    assert (ran.returncode, b"Traceback" in ran.stderr, b"Exception ignored" in ran.stderr) == (1, False, False)


@WAYS
def test_a_reader_that_has_seen_enough_is_no_failure(answer: str, unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = print_into(writing, answer, PYTHONUNBUFFERED=unbuffered)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [("--help",), ("jobs", "--help"), ("--version",)])
def test_nor_is_one_of_the_help(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, *arguments]
    ran = subprocess.run(command, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_where_nothing_can_be_said_the_exit_code_says_it() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *JOBS, "nonsense"], env=environment(), stdout=full, stderr=full, check=False)
    assert done.returncode == 2


def test_a_terminal_that_knows_ascii_only_is_written_to() -> None:
    done = print_into(subprocess.PIPE, "umlaut", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"gr\\xf6\\xdfe\n", b"")


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:99999", "http://localhost:port", "http://", "https://:1", "ftp://x", "http://x:0"]
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_that_is_none_is_a_mistake(
    endpoint: str, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, endpoint)
    assert cli.main(["jobs", "--name", "docs"]) == 2
    assert "is not an endpoint URL: use https://" in capsys.readouterr().err


def test_an_endpoint_of_the_configuration_that_is_none_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default]\nendpoint_url = http://localhost:99999\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert cli.main(["jobs", "--name", "docs"]) == 2
    assert "Port out of range" in capsys.readouterr().err


@pytest.mark.parametrize("proxy", ["http://localhost:99999", "nonsense://", "http://user:secret@127.0.0.1:1"])
def test_a_proxy_that_is_none_is_said(
    proxy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_pauses: list[float]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert cli.main(["jobs", "--name", "docs", "--endpoint-url", "https://aws.invalid"]) == 5
    said = capsys.readouterr().err
    assert "secret" not in said
    assert "AWS cannot be reached" in said


NAMED = os.fsdecode(b"caf\xe9.txt")


@pytest.mark.parametrize("option", [(), ("--key", NAMED)])
def test_a_key_that_is_no_utf_8_has_a_sentence(desk: Desk, tmp_path: Path, option: tuple[str, ...]) -> None:
    (tmp_path / NAMED).write_bytes(b"one")
    ran = desk.run("start", str(tmp_path / NAMED), *option)
    assert (ran.code, desk.deployment.keys("documents/")) == (2, [])
    assert ran.err


def test_a_file_whose_name_is_no_utf_8_can_be_dropped_under_another_name(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(_: float) -> None:
        raise KeyboardInterrupt

    (tmp_path / NAMED).write_bytes(b"one")
    monkeypatch.setattr("time.sleep", leave)
    assert desk.run("start", str(tmp_path / NAMED), "--key", "cafe.txt").code == 130
    assert desk.deployment.keys("documents/") == ["documents/cafe.txt"]


@pytest.mark.parametrize(
    "command", ["show", "result", "redrive", "watch", "cancel", "resume", "fail", "timeline", "heartbeat", "restart"]
)
def test_nor_may_a_job_be_named_so(desk: Desk, command: str) -> None:
    ran = desk.run(command, NAMED)
    assert ran.code in (2, 3, 6)
    assert ran.err
