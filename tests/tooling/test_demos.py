"""Which demos there are, and what they refuse before anything is started."""

import shlex
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from demo import choice, durable, pdf_pages, run
from demo.contract import UsageError, switched_on
from emulator import aws
from tests.readme import ROOT
from tools import screen

# The machine of parts is not asked for: it is what documents has for large ones.
WORKFLOWS = sorted({path.name.partition(".")[0] for path in (ROOT / "states").glob("*.asl.json")} - {"parts"})


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_workflow_has_a_demo_whose_hints_are_there(workflow: str) -> None:
    demo = choice.asked({"WORKFLOW": workflow})
    assert demo.workflow == workflow
    assert (ROOT / "examples" / demo.workflow).is_dir()
    assert [name for name in demo.look_next if "=" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_what_to_look_at_next_is_whole_on_80_columns(
    workflow: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen.console, "width", 80)
    demo = choice.asked({"WORKFLOW": workflow})
    run.show_next(demo)
    said = capsys.readouterr().out
    assert [name for name in demo.look_next if f"  {name}  " not in said] == []
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "unsaid"),
    [
        ({}, set()),
        ({"KEEP": "no"}, set()),
        ({"KEEP": "1", "DOCUMENT": str(ROOT / "README.md")}, {"KEEP", "DOCUMENT"}),
        ({"WORKFLOW": "approval", "APPROVE": "yes"}, {"APPROVE"}),
        ({"WORKFLOW": "approval", "APPROVE": "0"}, set()),
        ({"WORKFLOW": "topic", "TASK": "{}"}, {"TASK"}),
    ],
)
def test_an_option_that_was_given_is_not_advised(
    options: dict[str, str], unsaid: set[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in options.items():
        monkeypatch.setenv(name, value)
    demo = choice.asked(options)
    run.show_next(demo)
    said = capsys.readouterr().out
    advised = {name for name in choice.OPTIONS if f" {name}=" in said}
    there = {name.partition("=")[0] for name in (*demo.look_next, "KEEP=1") if "=" in name}
    assert advised == there - unsaid


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_a_demo_whose_workload_failed_ends_with_where_to_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, good: bool, code: int
) -> None:
    demo = Mock(workflow="documents", look_next={}, run=Mock(return_value=good))
    monkeypatch.setattr(choice, "asked", lambda *_: demo)
    monkeypatch.setattr(aws, "start", Mock())
    monkeypatch.setattr(run, "Root", Mock())
    monkeypatch.setattr(run, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(run, "LOCK", tmp_path / "demo.lock")
    monkeypatch.setattr(sys, "argv", ["demo"])
    assert run.main() == code
    last = " ".join(capsys.readouterr().out.rpartition("\n\n")[2].split())
    assert last.startswith("The workload failed, not the demo: the error and cause above say why.") != good


def test_the_file_that_a_kept_demo_starts_is_found_from_any_folder() -> None:
    first, *_ = choice.asked({}).commands({"bucket": "b", "log_group_names": {"process": "g"}})
    _, _, path, _ = shlex.split(first)
    assert Path(path).is_absolute()
    assert Path(path).is_file()


@pytest.mark.parametrize("environment", [{}, {"WORKFLOW": ""}])
def test_documents_is_the_default(environment: dict[str, str]) -> None:
    assert choice.asked(environment).workflow == "documents"


def test_an_unknown_workflow_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="one of documents, direct, queue, topic, approval, durable"):
        choice.asked({"WORKFLOW": "documnets"})


@pytest.mark.parametrize("task", ["{", "3", "[]"])
def test_a_task_that_is_no_object_is_refused(task: str) -> None:
    with pytest.raises(UsageError, match="TASK must be a JSON object such as"):
        choice.asked({"WORKFLOW": "direct", "TASK": task})


def test_a_document_that_is_not_there_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        UsageError, match=r"DOCUMENT=/nowhere/my.txt cannot be read \(No such file or directory\): give"
    ):
        choice.asked({"DOCUMENT": "/nowhere/my.txt"})


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give the path of a text file or a PDF"):
        choice.asked({"DOCUMENT": str(tmp_path)})


@pytest.mark.parametrize(
    "environment",
    [
        {"TASK": "{}"},
        {"WORKFLOW": "approval", "TASK": "{}"},
        {"WORKFLOW": "direct", "DOCUMENT": "README.md"},
        {"WORKFLOW": "queue", "APPROVE": "1"},
    ],
)
def test_an_option_of_another_workflow_is_refused_with_its_own(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"The workflow \w+ has no option \w+: leave it out, or use WORKFLOW="):
        choice.asked(environment)


def test_an_option_that_was_mistyped_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match="no option WORKFLW; its options are WORKFLOW, DOCUMENT, TASK, APPROVE, KEEP"):
        choice.asked({}, ["WORKFLW"])


@pytest.mark.parametrize("said", ["", "0", "no", "NO", "false", "off", "n"])
def test_no_means_no(said: str) -> None:
    assert not switched_on({"KEEP": said}, "KEEP")


@pytest.mark.parametrize("said", ["1", "yes", "True", "on"])
def test_yes_means_yes(said: str) -> None:
    assert switched_on({"KEEP": said}, "KEEP")


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(UsageError, match="KEEP must be 1 or 0, yes or no, not 'perhaps'"):
        switched_on({"KEEP": "perhaps"}, "KEEP")


def pdf(folder: Path, name: str, before: bytes = b"") -> str:
    """What begins as a PDF, in a file of that name."""
    (folder / name).write_bytes(before + b"%PDF-1.7\n")
    return str(folder / name)


@pytest.mark.parametrize("before", [b"", b"\n" * 1019])
def test_a_pdf_has_a_demo_of_its_own_whose_hints_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr(pdf_pages, "build", lambda: None)
    demo = choice.asked({"DOCUMENT": pdf(tmp_path, "Größe + 100% #1.PDF", before)})
    assert demo.workflow == "pdf-pages"
    assert [name for name in demo.look_next if not (ROOT / name).exists()] == []
    assert (ROOT / "examples" / demo.workflow).is_dir()


def test_a_durable_function_has_a_demo_whose_hints_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "build", lambda: None)
    demo = choice.asked({"WORKFLOW": "durable", "APPROVE": "1"})
    assert (ROOT / "examples" / demo.workflow).is_dir()
    assert [name for name in demo.look_next if "=" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("before", [b"text", b"\n" * 1020])
def test_a_document_that_does_not_begin_as_a_pdf_is_a_text(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "my.pdf"
    path.write_bytes(before + (b"%PDF-" if len(before) > 1000 else b""))
    assert choice.asked({"DOCUMENT": str(path)}).workflow == "documents"


def test_a_pdf_of_another_name_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"paper is a PDF, but its name does not end in \.pdf: rename it\."):
        choice.asked({"DOCUMENT": pdf(tmp_path, "paper")})


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that can have nothing."""
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("no_index")
def test_without_a_package_index_a_durable_function_is_refused_in_one_line() -> None:
    with pytest.raises(
        UsageError, match="needs AWS's SDK, but pip cannot install it from a Python package index"
    ) as refused:
        choice.asked({"WORKFLOW": "durable"})
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("no_index")
def test_without_a_package_index_a_pdf_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"needs pypdf, but pip cannot install it from a Python package index: .* pypdf=="
    ) as refused:
        choice.asked({"DOCUMENT": pdf(tmp_path, "my.pdf")})
    assert "\n" not in str(refused.value)
