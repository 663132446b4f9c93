"""``result … -o``: a file is whole or not there, and stdout has the bytes of what is merged."""

import errno
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sfn_callback import demo, workload
from sfn_callback.aws import clients
from sfn_callback.contract import Content
from sfn_callback_operator import cli
from sfn_callback_operator.output import screen
from testing.environment import BUCKET
from testing.task_tokens import refusal
from tests.operator.conftest import Desk

LARGE = b"".join(number.to_bytes(4) for number in range(2_500_000))
Merging = Callable[[bytes, str], None]


@pytest.fixture
def merging(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Merging:
    """Have a document merged to that."""

    def merge(body: bytes, kind: str) -> None:
        monkeypatch.setattr(demo, "merge", lambda _: Content(body, kind))
        workload.functions.cache_clear()
        desk.job()
        desk.finish(desk.arn)

    return merge


@pytest.fixture
def s3(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client that the command uses."""
    client = clients.s3()
    monkeypatch.setattr(clients, "s3", lambda: client)
    return client


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout is a terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is seen on a terminal beside the answer."""
    shown = io.StringIO()
    monkeypatch.setattr(screen, "stderr", lambda: Console(file=shown, force_terminal=True, width=100))
    return shown


@pytest.mark.parametrize("size", [0, 5, len(LARGE)])
def test_a_file_has_the_bytes_and_what_it_is_is_said(desk: Desk, merging: Merging, tmp_path: Path, size: int) -> None:
    merging(LARGE[:size], "application/pdf")
    to = tmp_path / "a b.pdf"
    ran = desk.run("result", "d.txt", "-o", str(to))
    assert (ran.code, ran.out) == (0, "")
    assert to.read_bytes() == LARGE[:size]
    said = {0: "0 bytes", 5: "5 bytes", len(LARGE): "10.0 MB"}[size]
    assert f"Wrote {to}: {said} of application/pdf from s3://{BUCKET}/merged/d.txt/" in ran.err
    assert list(tmp_path.iterdir()) == [to]


@pytest.mark.parametrize(("size", "expected"), [(len(LARGE), True), (8 * 1024 * 1024, False)])
def test_only_of_a_large_file_it_is_shown_how_far_it_is(
    desk: Desk, merging: Merging, tmp_path: Path, seen: io.StringIO, size: int, expected: bool
) -> None:
    merging(LARGE[:size], "application/pdf")
    assert desk.run("result", "d.txt", "-o", str(tmp_path / "x")).code == 0
    assert bool(re.search(r"[0-9]/[0-9.]+ MB", seen.getvalue())) is expected


def test_a_download_that_breaks_off_leaves_the_file_as_it_was(
    desk: Desk, merging: Merging, tmp_path: Path, s3: Any
) -> None:
    merging(LARGE, "application/pdf")
    to = tmp_path / "result.pdf"
    to.write_text("of yesterday")

    def refuse(params: Any, **_: Any) -> None:
        if params["headers"].get("Range", "").startswith("bytes=8388608"):
            raise refusal("GetObject", "AccessDenied")

    s3.meta.events.register("before-call.s3.GetObject", refuse)
    assert desk.run("result", "d.txt", "-o", str(to)).code == 4
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"result.pdf": "of yesterday"}


def test_a_connection_that_keeps_breaking_is_a_sentence(desk: Desk, merging: Merging, tmp_path: Path, s3: Any) -> None:
    merging(b"x", "application/pdf")

    def break_(**_: Any) -> None:
        raise ConnectionResetError

    s3.meta.events.register("after-call.s3.GetObject", break_)
    ran = desk.run("result", "d.txt", "-o", str(tmp_path / "x"))
    assert (ran.code, "broke off" in ran.err, list(tmp_path.iterdir())) == (5, True, [])


@pytest.mark.parametrize(
    ("to", "says"),
    [
        (".", "is a directory"),
        ("", "is a directory"),
        ("no/such/x", "There is no directory no/such"),
    ],
)
def test_what_cannot_be_written_is_said(
    desk: Desk, merging: Merging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, says: str
) -> None:
    merging(b"x", "text/plain")
    monkeypatch.chdir(tmp_path)
    ran = desk.run("result", "d.txt", "-o", to)
    assert (ran.code, says in ran.err, list(tmp_path.iterdir())) == (2, True, [])


def test_a_disk_that_is_full_is_said_and_nothing_is_left(
    desk: Desk, merging: Merging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    merging(b"x", "text/plain")
    monkeypatch.setattr("s3transfer.utils.rename_file", refuse)
    ran = desk.run("result", "d.txt", "-o", str(tmp_path / "x"))
    assert (ran.code, "x cannot be written: No space left" in ran.err, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize("kind", ["text/csv", "application/json; charset=utf-8", "TEXT/plain"])
def test_a_terminal_is_shown_text(desk: Desk, merging: Merging, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    merging("ä;ö\n".encode(), kind)
    on_a_terminal(monkeypatch)
    assert desk.run("result", "d.txt").out == "ä;ö\n"


@pytest.mark.parametrize("kind", ["application/pdf", "", "application/jsonish"])
def test_a_terminal_is_not_shown_anything_else_unless_that_is_said(
    desk: Desk, merging: Merging, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    merging(b"%PDF", kind)
    on_a_terminal(monkeypatch)
    ran = desk.run("result", "d.txt")
    assert (ran.code, ran.out, "-o FILE" in ran.err) == (2, "", True)
    assert desk.run("result", "d.txt", "-o", "-").out == "%PDF"


@pytest.mark.parametrize("more", [(), ("-o", "-")])
def test_what_is_no_terminal_gets_any_bytes_behind_what_it_has_already(
    desk: Desk, merging: Merging, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    merging(LARGE, "application/pdf")
    with (tmp_path / "all").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        stdout.write("before\n")
        assert desk.run("result", "d.txt", *more).code == 0
        stdout.write("after\n")
    assert (tmp_path / "all").read_bytes() == b"before\n" + LARGE + b"after\n"


def test_a_reader_that_has_gone_is_no_failure(desk: Desk, merging: Merging, monkeypatch: pytest.MonkeyPatch) -> None:
    merging(b"x", "text/plain")

    class Gone(io.BytesIO):
        def write(self, _: Any) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Gone()))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert cli.main(["-n", "docs", "result", "d.txt"]) == 0


def test_a_program_is_told_what_it_is_and_nothing_is_fetched_without_a_file(
    desk: Desk, merging: Merging, tmp_path: Path, s3: Any
) -> None:
    merging(b"x", "application/pdf")
    job = desk.deployment.job["job"]
    version = desk.deployment.s3.head_object(Bucket=BUCKET, Key="documents/d.txt")["VersionId"]
    about = {"bucket": BUCKET, "document": "documents/d.txt", "version": version}
    expected = {
        "bucket": BUCKET,
        "key": f"merged/d.txt/{job}",
        "size": 1,
        "content_type": "application/pdf",
        "metadata": {**about, "job": job, "chunks": "3", "failed": "0"},
    }
    fetched: list[str] = []

    def note(**_: Any) -> None:
        fetched.append("whole")

    s3.meta.events.register("before-call.s3.GetObject", note)
    assert desk.json("result", "d.txt") == {**expected, "file": None}
    assert fetched == []
    to = str(tmp_path / "x.pdf")
    ran = desk.run("result", "d.txt", "-o", to, "--output", "json")
    assert ran.json == {**expected, "file": to}
    assert (ran.err, Path(to).read_bytes(), fetched) == ("", b"x", ["whole"])
