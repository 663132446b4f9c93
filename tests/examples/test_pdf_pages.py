"""PDFs, from the bucket to the step that comes next: the zip is built as the README says, from the lock."""

import json
import os
import random
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.contract import EVERYWHERE, Applied
from demo.pdf_pages import PdfPages
from emulator import aws
from emulator.state_machine import Seen
from testing.pdfs import encrypted, of_texts, pdf
from tests.e2e.conftest import Instance, wait_for, words
from tests.e2e.support.lifecycle import changes
from tests.examples.conftest import Example
from tests.readme import ROOT
from tools import browser
from tools.terraform import Root

EXAMPLE = "pdf-pages"
FOLDER = ROOT / "examples" / EXAMPLE
WORDS = ("the", "archivist", "counts", "every", "page", "of", "a", "torn", "map", "–", "„nothing“", "für", "größere")


def built(target: Path) -> Path:
    subprocess.run([sys.executable, FOLDER / "build.py", target], check=True)
    return target


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip."""
    return built(tmp_path_factory.mktemp("package") / "pages.zip")


@pytest.fixture(scope="module")
def example(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The example, which tolerates one broken page."""
    work = tmp_path_factory.mktemp(EXAMPLE)
    variables = {**EVERYWHERE, "package_path": str(package), "tolerated_pages": 1, "reserved_concurrency": 8}
    with aws.running(work / "aws", LAMBDA_ASYNC_RETRY_BASE_SECONDS="0.3") as local:
        root = Root(FOLDER, work / "terraform", local.environment, variables)
        root.init()
        yield Example(local, root, root.apply())


@pytest.fixture(scope="module")
def instance(example: Example) -> Instance:
    return Instance(example.local, example.outputs["callback"])


def texts(count: int) -> list[str]:
    chance = random.Random(count)
    return ["\n".join(" ".join(chance.choices(WORDS, k=9)) for _ in range(chance.randint(1, 30))) for _ in range(count)]


def merged(instance: Instance, execution: Seen) -> tuple[bytes, Any]:
    """The text, and the index."""
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    where = execution.output["result"], execution.output["beside"]["index.json"]
    text, index = (instance.s3.get_object(Bucket=at["bucket"], Key=at["key"])["Body"].read() for at in where)
    return text, json.loads(index)


def next_steps(example: Example, key: str) -> list[Any]:
    """What the next step was given, each time that it ran for the text of that key, and what its machine left alone."""
    machines, ended = example.local.client("stepfunctions"), []
    for one in machines.list_executions(stateMachineArn=example.outputs["next_machine_arn"])["executions"]:
        seen = machines.describe_execution(executionArn=one["executionArn"])
        if seen["status"] == "SUCCEEDED" and json.loads(seen["input"])["object"]["key"].startswith(key):
            ended.append(json.loads(seen["output"]))
    return ended


def test_the_zip_is_the_same_each_time_and_has_nothing_of_this_machine(package: Path, tmp_path: Path) -> None:
    assert built(tmp_path / "again.zip").read_bytes() == package.read_bytes()
    names = zipfile.ZipFile(package).namelist()
    assert names == sorted(names)
    assert {"pages.py", "pypdf/__init__.py", "sfn_callback/handlers/split.py"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert [name for name in names if not name.endswith((".py", "py.typed", "LICENSE"))] == []


def test_the_zip_imports_nothing_that_it_does_not_bring(package: Path) -> None:
    # pypdf does without the first ones; botocore, which Lambda's runtime has, is imported by the package.
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('PIL', 'cryptography', 'Crypto', 'fontTools')));"
        f"sys.path.insert(0, {str(package)!r}); import sfn_callback.documents.source;"
        "before = set(sys.modules); import pages;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "print(*sorted(new))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["damage", "one_page", "open_pdf", "pages", "pypdf"]


def test_a_long_pdf_becomes_one_text_in_order_whose_index_is_right(instance: Instance) -> None:
    pages = texts(210)
    text, index = merged(instance, instance.drop("Größe + 100% #1.pdf", of_texts(*pages)))
    marked = "".join(f"--- page {n} of 210 ---\n{page}\n\n" for n, page in enumerate(pages, 1))
    assert text.decode() == marked
    assert (index["pages"], index["missing"], index["words"]) == (210, [], sum(len(page.split()) for page in pages))
    found = [text[row["offset"] : row["offset"] + row["bytes"]].decode() for row in index["texts"]]
    assert found == [f"{page}\n" for page in pages]


def test_a_pdf_that_a_browser_has_printed_is_read_word_by_word(instance: Instance) -> None:
    pages = texts(12)
    with browser.launch() as chromium, chromium.new_page() as page:
        page.set_content("".join(f'<p style="break-after: page"><a href="#x">{text}</a></p>' for text in pages))
        printed = page.pdf()
    text, index = merged(instance, instance.drop("printed.pdf", printed))
    lines = [line for line in text.decode().splitlines() if not line.startswith("--- page ")]
    assert " ".join(lines).split() == " ".join(pages).split()
    assert index["words"] == len(" ".join(pages).split())


def test_the_next_step_runs_once_for_each_text_and_is_told_where_it_is(example: Example, instance: Instance) -> None:
    execution = instance.drop("next.pdf", of_texts("one"))
    where = execution.output["result"]
    # That of the text and that of its index, which is left alone.
    ran = wait_for(lambda: next(filter(lambda all_: len(all_) == 2, [next_steps(example, where["key"])]), None))
    assert [step for step in ran if set(step) == {"bucket", "key"} and isinstance(step["bucket"], str)] == [where]


def test_as_many_broken_pages_as_are_tolerated_are_missing(instance: Instance) -> None:
    body = pdf(
        lambda file, fonts: [
            file.page(file.text("first"), fonts),
            file.page(file.stream(b"?", b"/Filter /Nope"), fonts),
            file.page(file.text("third"), fonts),
        ]
    )
    execution = instance.drop("broken.pdf", body)
    text, index = merged(instance, execution)
    assert execution.output["failed"] == 1
    assert "--- page 2 of 3 is missing ---\n" in text.decode()
    assert (index["missing"], index["words"]) == ([2], 2)


def test_more_broken_pages_take_the_failure_branch_which_says_why(instance: Instance) -> None:
    damaged = b"?" * 90
    execution = instance.drop(
        "broken-2.pdf",
        pdf(lambda file, fonts: [file.page(file.stream(damaged, b"/Filter /FlateDecode"), fonts) for _ in range(2)]),
    )
    assert (execution.error, execution.states.count("RecordFailure")) == ("ChunksFailed", 1)
    assert "is broken (Damaged: Error -3 while decompressing data" in execution.cause


@pytest.mark.parametrize(
    ("name", "body", "error", "said"),
    [
        ("locked.pdf", encrypted(of_texts("x"), "RC4-128", "secret"), "PdfEncrypted", "asks for a password. Save it"),
        ("empty.pdf", of_texts(), "PdfEmpty", "has no pages. Drop the one that was meant."),
        ("letter.pdf", b"Dear Sir or Madam", "NotAPdf", "Drop PDFs only."),
        ("cut.pdf", of_texts("one", "two")[:400], "PdfBroken", "Export it again"),
    ],
)
def test_what_cannot_be_split_takes_the_failure_branch_with_what_to_do(
    instance: Instance, name: str, body: bytes, error: str, said: str
) -> None:
    execution = instance.drop(name, body)
    assert (execution.error, execution.states.count("RecordFailure")) == (error, 1)
    assert said in execution.cause


def test_the_demo_shows_the_first_lines_of_the_text_and_the_totals_of_the_index(
    example: Example, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "Größe + 100% #1 [b].pdf"
    document.write_bytes(of_texts("a [bold] beginning", "more"))
    assert PdfPages({"DOCUMENT": str(document)}).run(Applied(example.local, example.outputs))
    said = " ".join(words(capfd).replace("┃", "").split())
    assert f"$ sfn-callback start {shlex.quote(os.path.relpath(document))} --wait" in said
    assert "--- page 1 of 2 --- a [bold] beginning" in said
    assert "pages missing words characters" in said and "2 0 4 24" in said
    assert "The next step, which EventBridge starts with the text: SUCCEEDED." in said


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
