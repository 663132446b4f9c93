import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import layout
from tests.conftest import set_variables

JOB = "20260131T235959Z-0123456789ab"
LONGEST = {"merged": f"{JOB}.{'n' * 64}", "failures": f"{'e' * 80}.json"}
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1_024).map("documents/{}".format)
LONGEST_PREFIX = f"{'p' * 63}/"


@pytest.fixture(params=["", "a/b/"])
def prefix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What all keys begin with: nothing, or the prefix of a bucket that is shared."""
    return begin_with(request.param, monkeypatch)


def begin_with(prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    set_variables(monkeypatch, PREFIX=prefix)
    return prefix


def test_every_key_is_below_the_prefix(prefix: str) -> None:
    made = [layout.documents(), layout.chunk(JOB, 123), layout.result(JOB, 123), layout.output("1")]
    folders = ["documents/", f"chunks/{JOB}/00000123", f"results/{JOB}/00000123", "outputs/1"]
    assert made == [f"{prefix}{folder}" for folder in folders]


def test_a_merged_result_lies_under_the_name_of_its_document(prefix: str) -> None:
    assert layout.merged(f"{prefix}documents/2026/report.pdf", JOB) == f"{prefix}merged/2026/report.pdf/{JOB}"


def test_the_results_of_what_a_durable_function_has_split_lie_as_those_of_any_document(prefix: str) -> None:
    document = f"{prefix}durable/2026/report.pdf"
    assert layout.merged(document, JOB) == f"{prefix}merged/2026/report.pdf/{JOB}"
    assert layout.failure(document, "run-1") == f"{prefix}failures/2026/report.pdf/run-1.json"


@pytest.mark.parametrize("path", ["durable/report.pdf", "documents/report.pdf"])
def test_a_folder_within_that_is_called_the_same_is_kept(prefix: str, path: str) -> None:
    for folder in ("documents", "durable"):
        assert layout.merged(f"{prefix}{folder}/{path}", JOB) == f"{prefix}merged/{path}/{JOB}"


def test_a_document_that_lies_elsewhere_keeps_its_whole_key(prefix: str) -> None:
    assert layout.merged("inbox/report.pdf", JOB) == f"{prefix}merged/inbox/report.pdf/{JOB}"


def test_the_report_of_no_document_lies_under_the_name_of_its_execution(prefix: str) -> None:
    assert layout.failure("", "run-1") == f"{prefix}failures/run-1.json"


def test_a_chunks_key_tells_job_and_index(prefix: str) -> None:
    assert layout.parse_chunk(f"{prefix}chunks/{JOB}/00000123") == (JOB, 123)
    assert layout.parse_chunk(layout.chunk(JOB, 99_999_999)) == (JOB, 99_999_999)


@pytest.mark.parametrize(
    "key",
    [
        "chunks/notes.txt",
        f"chunks/{JOB}/1",
        f"chunks/{JOB}/00000001.txt",
        f"chunks/{JOB}/sub/00000001",
        f"chunks/{JOB}.1-01234567/00000001",
        "chunks/20261331T235959Z-0123456789ab/00000001",
        f"results/{JOB}/00000001",
        f"chunks/{JOB}/٠٠٠٠٠٠٠١",
        f"{JOB}/00000001",
    ],
)
def test_a_key_that_is_not_a_chunks_is_none(prefix: str, key: str) -> None:
    assert layout.parse_chunk(f"{prefix}{key}") is None


@pytest.mark.parametrize("other", ["", "a/", "a/b/c/", "b/", "a/b/a/b/", "/a/b/", "A/B/"])
def test_a_chunk_of_another_prefix_is_none(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_with("a/b/", monkeypatch)
    assert layout.parse_chunk(f"{other}chunks/{JOB}/00000001") is None


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_long_keys_that_differ_at_their_end_stay_apart(letter: str) -> None:
    keys = {layout.merged("documents/" + letter * (1_000 // len(letter.encode())) + end, JOB) for end in "ab"}
    assert len(keys) == 2


@given(KEYS)
def test_a_key_is_never_longer_than_s3_takes(document: str) -> None:
    assert len((layout.merged_folder(document) + LONGEST["merged"]).encode()) <= 1_024
    assert len(layout.failure(document, "e" * 80).encode()) <= 1_024


def test_nor_is_it_with_the_longest_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    document = f"{begin_with(LONGEST_PREFIX, monkeypatch)}documents/".ljust(1_024, "d")
    assert len((layout.merged_folder(document) + LONGEST["merged"]).encode()) == 1_024
    assert len(layout.failure(document, "e" * 80).encode()) == 1_024


@given(KEYS, KEYS)
def test_two_documents_have_two_folders(one: str, other: str) -> None:
    assert (layout.merged_folder(one) == layout.merged_folder(other)) == (one == other)
