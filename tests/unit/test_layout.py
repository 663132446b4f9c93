import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import layout

JOB = "20260131T235959Z-0123456789ab"
LONGEST = {"merged": f"{JOB}.{'n' * 64}", "failures": f"{'e' * 80}.json"}
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1_024).map("documents/{}".format)


def test_a_merged_result_lies_under_the_name_of_its_document() -> None:
    assert layout.merged("documents/2026/report.pdf", JOB) == f"merged/2026/report.pdf/{JOB}"


def test_a_document_that_lies_elsewhere_keeps_its_whole_key() -> None:
    assert layout.merged("inbox/report.pdf", JOB) == f"merged/inbox/report.pdf/{JOB}"


def test_the_report_of_no_document_lies_under_the_name_of_its_execution() -> None:
    assert layout.failure("", "run-1") == "failures/run-1.json"


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_long_keys_that_differ_at_their_end_stay_apart(letter: str) -> None:
    keys = {layout.merged("documents/" + letter * (1_000 // len(letter.encode())) + end, JOB) for end in "ab"}
    assert len(keys) == 2


@given(KEYS)
def test_a_key_is_never_longer_than_s3_takes(document: str) -> None:
    assert len((layout.merged_folder(document) + LONGEST["merged"]).encode()) <= 1_024
    assert len(layout.failure(document, "e" * 80).encode()) <= 1_024


@given(KEYS, KEYS)
def test_two_documents_have_two_folders(one: str, other: str) -> None:
    assert (layout.merged_folder(one) == layout.merged_folder(other)) == (one == other)
