"""The command as a process: what becomes of it where its output goes nowhere, and what a shell gives it as a name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_callback_operator import cli
from tests.operator import forked
from tests.operator.conftest import Desk
from tests.operator.forked import Line

ANSWERS = {
    "table": "screen.table(['job'], [['one']])",
    "line": "screen.answer('one')",
    "facts": "screen.facts({'job': 'one'})",
    "json": "screen.write_json(['one'])",
    "file": "screen.write('one')",
}
WAYS = [*((answer, "") for answer in ANSWERS), ("table", "1"), ("json", "1")]
HELP = [("--help",), ("jobs", "--help"), ("--version",)]
NOTHING_SAID = Line(("jobs", "--name", "docs", "--endpoint-url", "nonsense"), "full", error="full")


def printing(answer: str, out: str) -> Line:
    """A command that prints in one of the ways that there are."""
    return Line(("print",), out, answer=ANSWERS[answer])


Ended = dict[str, dict[Line, tuple[int, str]]]


@pytest.fixture(scope="module")
def ended() -> Ended:
    """How each command line ended, by ``PYTHONUNBUFFERED``."""
    lines = {
        unbuffered: [printing(answer, out) for answer, at in WAYS if at == unbuffered for out in ("full", "closed")]
        for unbuffered in ("", "1")
    }
    lines[""] += [*(Line(arguments, "closed") for arguments in HELP), NOTHING_SAID]
    return {unbuffered: forked.run(of_it, PYTHONUNBUFFERED=unbuffered) for unbuffered, of_it in lines.items()}


@pytest.mark.parametrize(("answer", "unbuffered"), WAYS)
def test_a_full_disk_is_said_and_is_no_success(ended: Ended, answer: str, unbuffered: str) -> None:
    code, said = ended[unbuffered][printing(answer, "full")]
    assert "The answer could not be written: No space left on device." in said
    assert (code, "Traceback" in said, "Exception ignored" in said) == (1, False, False)


@pytest.mark.parametrize(("answer", "unbuffered"), WAYS)
def test_a_reader_that_has_seen_enough_is_no_failure(ended: Ended, answer: str, unbuffered: str) -> None:
    assert ended[unbuffered][printing(answer, "closed")] == (0, "")


@pytest.mark.parametrize("arguments", HELP)
def test_nor_is_one_of_the_help(ended: Ended, arguments: tuple[str, ...]) -> None:
    assert ended[""][Line(arguments, "closed")] == (0, "")


def test_where_nothing_can_be_said_the_exit_code_says_it(ended: Ended) -> None:
    assert ended[""][NOTHING_SAID] == (2, "")


def test_a_terminal_that_knows_ascii_only_is_written_to() -> None:
    program = (
        "from sfn_callback_operator import cli; from sfn_callback_operator.output import screen;"
        " cli.app.command('print')(lambda: screen.answer('größe')); cli.run()"
    )
    command = [sys.executable, "-c", program, "print"]
    terminal = forked.environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    done = subprocess.run(command, env=terminal, capture_output=True, check=False)
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
