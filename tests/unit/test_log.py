import json
import logging

import pytest

from sfn_callback import log


def test_a_line_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("chunk failed\nbadly", job="j", chunk=3)
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged.pop("timestamp")
    assert logged == {"level": "WARNING", "message": "chunk failed\nbadly", "job": "j", "chunk": 3}


def test_a_fingerprint_is_short_stable_and_not_the_token() -> None:
    assert log.fingerprint("token") == log.fingerprint("token") == "3c469e9d"


def test_a_line_is_not_printed_again_by_the_runtimes_own_handler(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log.info("once")
    assert capsys.readouterr().out.count("once") == 1
    assert not logging.getLogger("sfn_callback").propagate


@pytest.mark.parametrize("long", ["x" * 2_000_000, "é\n" * 500_000, ["nested"] * 300_000, "\x00" * 300_000])
def test_a_line_that_cloudwatch_would_cut_is_cut_to_what_is_still_json(
    capsys: pytest.CaptureFixture[str], long: object
) -> None:
    log.error("failed", job="j", problem=long, trace=long, number=7)
    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert log.MAX_LINE // 3 < len(line) <= log.MAX_LINE
    assert (logged["job"], logged["number"], logged["cut"]) == ("j", 7, True)
    assert str(logged["problem"]) == (long if isinstance(long, str) else json.dumps(long))[: len(logged["problem"])]
