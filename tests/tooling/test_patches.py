"""What is put in MiniStack's place fits there, or says what has changed."""

from types import SimpleNamespace
from typing import Any

import pytest

from emulator.patches import replace, rewrite, theirs


@pytest.fixture
def owner() -> Any:
    """A module of MiniStack's, as it may be."""

    def call(function: str, event: str = "", *, depth: int = 0) -> str:
        return f"{function}{event}{depth}"

    return SimpleNamespace(__name__="a_module", call=call, SCRIPT="one\ntwo\n")


def test_a_function_that_takes_the_same_is_put_in_the_others_place(owner: Any) -> None:
    def replacement(name: str, sent: str = "", *, depth: int = 0) -> str:
        return "ours"

    replace(owner, "call", replacement)
    assert owner.call("f", "e", depth=1) == "ours"


def test_a_name_that_is_gone_is_named(owner: Any) -> None:
    with pytest.raises(RuntimeError, match=r"MiniStack has changed: in [0-9.]+, a_module.old is gone"):
        theirs(owner, "old")


@pytest.mark.parametrize(
    "replacement",
    [
        lambda function: "",
        lambda function, event, *, depth=0: "",
        lambda function, event="", another="": "",
        lambda function, event="", *, depth: "",
    ],
)
def test_a_function_that_takes_something_else_is_refused(owner: Any, replacement: Any) -> None:
    expected = r"a_module.call takes \(function: str, event: str = '', \*, depth: int = 0\) -> str now"
    with pytest.raises(RuntimeError, match=expected):
        replace(owner, "call", replacement)


def test_a_passage_is_replaced_where_it_is_once(owner: Any) -> None:
    rewrite(owner, "SCRIPT", "two", "three")
    assert owner.SCRIPT == "one\nthree\n"


@pytest.mark.parametrize(("passage", "times"), [("three", 0), ("o", 2)])
def test_a_passage_that_is_not_there_once_is_refused(owner: Any, passage: str, times: int) -> None:
    with pytest.raises(RuntimeError, match=f"a_module.SCRIPT has the passage '{passage}' {times} times, and not once"):
        rewrite(owner, "SCRIPT", passage, "")
