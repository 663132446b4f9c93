"""Files that are made, what their readers ask for, and what other ranges would ask for."""

import io
import zipfile
from pathlib import Path

import pytest

from benchmarks.random_access import files, process
from benchmarks.random_access.local_object import LocalObject
from benchmarks.random_access.readers import ALL, WAYS
from benchmarks.random_access.replay import Asked, Traced, replay
from sfn_callback.aws import ranges


@pytest.fixture(params=ALL)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def made(folder: Path, kind: str, megabytes: int = 1) -> Path:
    path = folder / kind
    files.MAKE[kind](path, megabytes)
    return path


def test_a_file_is_of_its_size_and_the_same_each_time(way: str, tmp_path: Path) -> None:
    path = made(tmp_path, ALL[way].kind)
    first = path.read_bytes()
    assert 0.95 < len(first) / files.MB < 1.3
    assert made(tmp_path, ALL[way].kind).read_bytes() == first


def test_every_way_reads_the_same_from_the_store_and_all_of_it(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE_BYTES", 100 * 1024)
    path = made(tmp_path, ALL[way].kind)
    found = process.counted(way, str(path), 0)
    assert found.asked >= -(-path.stat().st_size // ranges.RANGE_BYTES)
    assert found.megabytes >= 1


def test_a_careful_way_asks_for_a_file_of_few_ranges_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE_BYTES", 400 * 1024)
    for name, way in WAYS.items():
        path = made(tmp_path, way.kind)
        assert process.counted(name, str(path), 0).asked == -(-path.stat().st_size // ranges.RANGE_BYTES), name


def test_a_trace_is_what_was_read_where(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(100))
    raw = Traced(tmp_path / "f")
    file = io.BufferedReader(raw, 10)
    file.seek(95)
    file.read(3)
    file.seek(20)
    file.read(1)
    assert raw.trace == [(95, 5), (20, 10)]


def test_a_trace_is_replayed_against_ranges_of_any_size_and_number() -> None:
    trace = [(0, 10), (90, 10), (5, 10), (85, 10)]
    assert replay(trace, 100, 10, 1) == Asked(6, 60)
    assert replay(trace, 100, 10, 4) == Asked(4, 40)
    assert replay(trace, 100, 50, 2) == Asked(2, 100)
    assert replay(trace, 95, 50, 2) == Asked(2, 95)


def test_what_is_not_read_alike_is_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path, "zip")
    monkeypatch.setattr(LocalObject, "opened", lambda _: io.BytesIO(other()))
    with pytest.raises(RuntimeError, match="not the same"):
        process.counted("zip", str(path), 0)


def other() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("other", b"other")
    return body.getvalue()
