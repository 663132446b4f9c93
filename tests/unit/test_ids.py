import re
import time

import pytest

from sfn_callback import ids


def test_every_job_id_is_fresh_and_knows_its_age() -> None:
    jobs = {ids.new_job() for _ in range(1000)}
    assert len(jobs) == 1000
    assert all(ids.is_fanin(job) for job in jobs)
    assert ids.age_seconds(jobs.pop()) < 60


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
    began = time.process_time()
    assert ids.approval_in(f"/{FRESH}{piece * (20_000 // len(piece))}\n") is None
    assert time.process_time() - began < 0.5


def test_a_path_that_could_be_many_things_takes_no_time() -> None:
    hostile = ("/" + "-" * 32) * 2_000 + "x"
    began = time.process_time()
    for _ in range(100):
        assert ids.approval_in(hostile) is None
        assert ids.approval_in(hostile[:1_000] + "\n") is None
    # A look at all of the first path took eight seconds.
    assert time.process_time() - began < 4
