"""A signal, at whatever moment, leaves no process, socket or folder."""

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import wait_for
from tests.tooling import standin
from tests.tooling.processes import Program, gone, program, running
from tools import children, signals
from tools.signals import Stopped, cleaning_up, owing, undisturbed


@contextmanager
def hanging(folder: Path, moment: str, hangup: Any = signal.SIG_DFL) -> Iterator[Program]:
    """The demo, which has come to that moment and goes on no more."""
    with program(standin.main, folder, moment, hangup=hangup) as demo:
        wait_for(lambda: (folder / "there").exists() or demo.ends(0) is not None, 60)
        yield demo


def left(folder: Path) -> list[str]:
    """What the demo has left: processes, its folder, and where its providers had their sockets."""
    processes = [process for process in (folder / "processes").read_text().split() if running(process)]
    noted = folder / "temporary"
    folders = [folder / "demo", *([Path(noted.read_text().strip())] if noted.exists() else [])]
    return [*processes, *(str(path) for path in folders if path.exists())]


@pytest.mark.parametrize(
    ("moment", "number"),
    [*((moment, signal.SIGTERM) for moment in standin.MOMENTS), ("apply", signal.SIGINT), ("run", signal.SIGHUP)],
)
def test_a_demo_that_is_stopped_says_so_and_leaves_nothing(tmp_path: Path, moment: str, number: signal.Signals) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    with hanging(folder, moment) as demo:
        assert demo.ends(0) is None
        # As a shell does by Ctrl-C, the second time because nothing seems to happen.
        demo.send_signal(number)
        demo.send_signal(number)
        assert demo.ends() == 128 + number
        said = demo.stdout.read()
    assert f"Stopped by {number.name}. The local AWS was stopped and removed." in " ".join(said.split())
    assert left(folder) == []


def test_a_demo_whose_terminal_is_gone_leaves_nothing(tmp_path: Path) -> None:
    with hanging(tmp_path, "apply") as demo:
        demo.stdout.close()
        demo.send_signal(signal.SIGHUP)
        assert demo.ends()
    assert left(tmp_path) == []


def test_a_demo_that_nohup_has_started_minds_no_closed_terminal(tmp_path: Path) -> None:
    # What nohup does: https://man7.org/linux/man-pages/man1/nohup.1.html
    with hanging(tmp_path, "run", signal.SIG_IGN) as demo:
        demo.send_signal(signal.SIGHUP)
        assert demo.ends(1) is None
        demo.send_signal(signal.SIGTERM)
        assert demo.ends() == 128 + signal.SIGTERM
    assert left(tmp_path) == []


def test_without_a_terminal_each_step_is_said_before_it_is_done(tmp_path: Path) -> None:
    with hanging(tmp_path, "run") as demo:
        steps = [demo.stdout.readline().rstrip() for _ in range(4)]
        demo.send_signal(signal.SIGTERM)
        rest = demo.stdout.read()
    assert steps[:3] == ["Starting the local AWS …", "terraform init …", "terraform apply …"]
    assert steps[3].startswith("terraform apply: planning, ")
    assert "\x1b" not in "".join(steps) + rest


def test_a_signal_waits_until_what_must_be_whole_is_done() -> None:
    done: list[str] = []
    with pytest.raises(Stopped, match="SIGTERM"), cleaning_up():
        with undisturbed():
            signal.raise_signal(signal.SIGTERM)
            done.append("whole")
        done.append("never")
    assert done == ["whole"]


def test_what_is_owed_is_done_once_whatever_comes_while_it_is() -> None:
    done: list[str] = []

    def pay() -> None:
        signal.raise_signal(signal.SIGTERM)
        done.append("paid")

    with pytest.raises(Stopped), cleaning_up():
        with owing(pay):
            done.append("before")
        done.append("never")
    assert done == ["before", "paid"]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage is collected: what libraries do then would be traced, too, and an error there is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("call", range(1, 40))
def test_what_is_owed_is_done_wherever_a_signal_comes(uncollected: None, call: int) -> None:
    paid: list[str] = []
    seen = 0

    def at_each_line(*_: object) -> object:
        nonlocal seen
        seen += 1
        if seen == call:
            sys.settrace(None)
            signal.raise_signal(signal.SIGTERM)
        return at_each_line

    with pytest.raises(Stopped), cleaning_up():
        try:
            with owing(lambda: paid.append("the aws")), owing(lambda: paid.append("terraform")):
                sys.settrace(at_each_line)  # type: ignore[arg-type]
                with undisturbed():
                    pass
        finally:
            sys.settrace(None)
        # Where there were fewer lines.
        signal.raise_signal(signal.SIGTERM)
    assert paid == ["terraform", "the aws"]


def test_the_handlers_are_those_of_before_at_the_end() -> None:
    before = [signal.getsignal(number) for number in signals.SIGNALS]
    with cleaning_up():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in signals.SIGNALS] == before


def test_programs_side_by_side_are_ended_when_the_run_is_stopped() -> None:
    started: list[int] = []

    def wait(_: int) -> int:
        with children.started(["sleep", "3600"]) as process:
            started.append(process.pid)
            return process.wait()

    timer = threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.start()
    with pytest.raises(Stopped), cleaning_up():
        children.side_by_side(wait, [1, 2, 3], 2)
    assert len(started) == 2
    assert all(map(gone, started))


def test_a_program_that_is_started_while_another_thread_cleans_up_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    popen = subprocess.Popen

    def slow(*given: Any, **named: Any) -> "subprocess.Popen[str]":
        process = popen(*given, **named)
        started.append(process.pid)
        signals.clean_up()
        return process

    monkeypatch.setattr(subprocess, "Popen", slow)
    with pytest.raises(InterruptedError), cleaning_up(), children.started(["sleep", "3600"]):
        pass
    assert gone(started[0])


def test_what_was_owed_before_a_run_is_owed_after_it() -> None:
    paid: list[str] = []
    with owing(lambda: paid.append("before")):
        with cleaning_up(), owing(lambda: paid.append("within")):
            signals.clean_up()
            assert paid == ["within"]
        assert "before" not in paid
    assert paid[-1] == "before"
