import re
import time

import pytest

from sfn_callback import ids

JOB = "20260131T235959Z-0123456789ab"


def test_every_job_id_is_fresh_and_knows_its_age() -> None:
    jobs = {ids.new_job() for _ in range(1000)}
    assert len(jobs) == 1000
    assert all(ids.parse_key(f"chunks/{job}/00000000") for job in jobs)
    assert ids.age_seconds(jobs.pop()) < 60


@pytest.mark.parametrize(
    "key",
    [
        "chunks/notes.txt",
        f"chunks/{JOB}/1",
        f"chunks/{JOB}/00000001.txt",
        f"chunks/{JOB}/sub/00000001",
        f"results/{JOB}/00000001",
        f"chunks/{JOB}/٠٠٠٠٠٠٠١",
    ],
)
def test_a_key_that_is_not_ours_is_none(key: str) -> None:
    assert ids.parse_key(key) is None


def test_a_chunks_key_tells_job_and_index() -> None:
    assert ids.parse_key(f"chunks/{JOB}/00000123") == (JOB, 123)


def test_an_approvals_id_is_letters_and_digits_so_that_no_mail_program_cuts_it() -> None:
    found = {ids.new_approval() for _ in range(1000)}
    assert len(found) == 1000
    assert all(re.fullmatch("[A-Za-z0-9]{32}", one, re.ASCII) for one in found)


FRESH, MAILED_BEFORE = "aB3" * 10 + "zZ", "-B3_" * 7 + "aaa-"


@pytest.mark.parametrize("approval", [FRESH, MAILED_BEFORE])
@pytest.mark.parametrize("front", ["/", "/prod/", "/a/~b.c/", f"/{'x' * 32}/"])
@pytest.mark.parametrize(
    "added",
    [
        *("", ".", ",", ";", ":", "!", "/", "//", ")", ").", "]", "}", ">", ">.", " ", "*", "**", "_", "-", '"', "'"),
        *("%3E", "%3e%20", "%20", "%22", "%27", "\u201d", "\u2019", "\u00bb", "%E2%80%9D", "\u2026", "\u3002"),
    ],
)
def test_what_mail_or_a_gateway_adds_to_a_link_does_not_hide_its_approval(
    approval: str, front: str, added: str
) -> None:
    assert ids.approval_in(f"{front}{approval}{added}") == approval


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", FRESH, f"/{FRESH[:-1]}", f"/{FRESH}A", f"/{FRESH}\u00df", f"//{FRESH}", f"/../{FRESH}"),
        *(f"/./{FRESH}", f"/{FRESH}/x", f"/{FRESH}%", f"/{FRESH}%2", f"/{FRESH}\n", f"/{FRESH}\0", f"/{FRESH}?x"),
        f"/{FRESH[:-1]}\u0661",
    ],
)
def test_another_path_leads_to_no_approval(path: str) -> None:
    assert ids.approval_in(path) is None


@pytest.mark.parametrize("piece", ["/", "/a", f"/{FRESH}", f"/{FRESH}.", "%20", "%", "-", "_", "."])
def test_no_path_takes_long_to_read(piece: str) -> None:
    began = time.perf_counter()
    assert ids.approval_in(f"/{FRESH}{piece * (20_000 // len(piece))}\n") is None
    assert time.perf_counter() - began < 0.5
