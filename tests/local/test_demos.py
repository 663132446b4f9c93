"""Which demos there are, and what they refuse before anything is started."""

from pathlib import Path

import pytest

from local import demos
from local.demos import pdf_pages
from local.demos.contract import UsageError
from tests.readme import ROOT

WORKFLOWS = sorted(path.name.partition(".")[0] for path in (ROOT / "states").glob("*.asl.json"))


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_workflow_has_a_demo_whose_hints_are_there(workflow: str) -> None:
    demo = demos.asked({"WORKFLOW": workflow})
    assert demo.workflow == workflow
    assert (ROOT / "examples" / demo.workflow).is_dir()
    assert [name for name in demo.look_next if "=" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("environment", [{}, {"WORKFLOW": ""}])
def test_documents_is_the_default(environment: dict[str, str]) -> None:
    assert demos.asked(environment).workflow == "documents"


def test_an_unknown_workflow_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="one of documents, direct, queue, topic, approval"):
        demos.asked({"WORKFLOW": "documnets"})


@pytest.mark.parametrize("task", ["{", "3", "[]"])
def test_a_task_that_is_no_object_is_refused(task: str) -> None:
    with pytest.raises(UsageError, match="TASK must be a JSON object such as"):
        demos.asked({"WORKFLOW": "direct", "TASK": task})


def test_a_document_that_is_not_there_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        demos.asked({"DOCUMENT": "/nowhere/my.txt"})


def pdf(folder: Path, name: str, before: bytes = b"") -> str:
    """What begins as a PDF, in a file of that name."""
    (folder / name).write_bytes(before + b"%PDF-1.7\n")
    return str(folder / name)


@pytest.mark.parametrize("before", [b"", b"\n" * 1019])
def test_a_pdf_has_a_demo_of_its_own_whose_hints_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr(pdf_pages, "_build", lambda: None)
    demo = demos.asked({"DOCUMENT": pdf(tmp_path, "Größe + 100% #1.PDF", before)})
    assert demo.workflow == "pdf-pages"
    assert [name for name in demo.look_next if not (ROOT / name).exists()] == []
    assert (ROOT / "examples" / demo.workflow).is_dir()


@pytest.mark.parametrize("before", [b"text", b"\n" * 1020])
def test_a_document_that_does_not_begin_as_a_pdf_is_a_text(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "my.pdf"
    path.write_bytes(before + (b"%PDF-" if len(before) > 1000 else b""))
    assert demos.asked({"DOCUMENT": str(path)}).workflow == "documents"


def test_a_pdf_of_another_name_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"paper is a PDF, and its name must end in \.pdf here: rename it\."):
        demos.asked({"DOCUMENT": pdf(tmp_path, "paper")})


def test_without_a_package_index_a_pdf_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=r"needs pypdf from a Python package index, .* pypdf==") as refused:
        demos.asked({"DOCUMENT": pdf(tmp_path, "my.pdf")})
    assert "\n" not in str(refused.value)
