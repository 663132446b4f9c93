from pathlib import Path

import pytest

from sfn_callback import workload
from sfn_callback.errors import WorkloadInvalid

DOCUMENTS = ("split", "process", "merge")


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_three_functions_are_taken_from_the_named_module(modules: Path) -> None:
    (modules / "mine.py").write_text("split = process = merge = len")
    assert workload.functions("mine", *DOCUMENTS)[1](b"four") == 4


def test_all_that_is_missing_is_named_at_once_with_the_variable_to_change(modules: Path) -> None:
    (modules / "half.py").write_text("def split(document): return []\nmerge = 'not a function'")
    with pytest.raises(WorkloadInvalid, match=r"'half' lacks process\(\) and merge\(\).*variable `workload`"):
        workload.functions("half", *DOCUMENTS)


def test_a_module_that_is_not_there_is_named_with_the_variable_to_change(modules: Path) -> None:
    with pytest.raises(WorkloadInvalid, match=r"'absent' cannot be imported: ModuleNotFoundError.*variable `workload`"):
        workload.functions("absent", *DOCUMENTS)


def test_a_module_that_breaks_on_import_says_how(modules: Path) -> None:
    (modules / "broken.py").write_text("1 / 0")
    with pytest.raises(WorkloadInvalid, match="ZeroDivisionError: division by zero"):
        workload.functions("broken", *DOCUMENTS)


def test_only_what_a_workflow_needs_is_wanted(modules: Path) -> None:
    (modules / "worker.py").write_text("work = len")
    assert workload.functions("worker", "work") == (len,)


def test_the_default_workload_is_complete() -> None:
    assert workload.connect_work()({"done_chance": 1})["done"]
    assert workload.connect().merge([]).body == b'{"words": 0, "distinct": 0, "top": []}'
