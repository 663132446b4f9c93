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
