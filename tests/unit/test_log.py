import json
import logging

import pytest

from sfn_callback import log
from sfn_callback.log_events import LogEvent


def test_a_line_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.write(LogEvent.CHUNK_FAILED, job="j", chunk=3, error="failed\nbadly")
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged.pop("timestamp")
    said = {"level": "WARNING", "message": LogEvent.CHUNK_FAILED.sentence, "event": "chunk_failed"}
    assert logged == {**said, "job": "j", "chunk": 3, "error": "failed\nbadly"}


def test_a_fingerprint_is_short_stable_and_not_the_token() -> None:
    assert log.fingerprint("token") == log.fingerprint("token") == "3c469e9d"


def test_a_line_is_not_printed_again_by_the_runtimes_own_handler(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log.write(LogEvent.SIGN_IN_UNCLEAR)
    assert capsys.readouterr().out.count("sign_in_unclear") == 1
    assert not logging.getLogger("sfn_callback").propagate


@pytest.mark.parametrize("long", ["x" * 2_000_000, "é\n" * 500_000, ["nested"] * 300_000, "\x00" * 300_000])
def test_a_line_that_cloudwatch_would_cut_is_cut_to_what_is_still_json(
    capsys: pytest.CaptureFixture[str], long: object
) -> None:
    log.write(LogEvent.ERROR_SHORTENED, error="E", problem=long, trace=long)
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert log.MAX_LINE // 3 < len(line) <= log.MAX_LINE
    assert (logged["event"], logged["error"], logged["cut"]) == ("error_shortened", "E", True)
    assert str(logged["problem"]) == (long if isinstance(long, str) else json.dumps(long))[: len(logged["problem"])]
