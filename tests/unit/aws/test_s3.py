from typing import Any

import pytest
from botocore.exceptions import ResponseStreamingError

from sfn_callback.aws import s3


class Flaky:
    """An S3 client whose bodies break off the first ``breaks`` times."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.requests = 0
        self.closed = False

    def get_object(self, **_: Any) -> Any:
        self.requests += 1
        return {"Body": self}

    def close(self) -> None:
        self.closed = True

    def read(self) -> bytes:
        if self.requests <= self.breaks:
            raise ResponseStreamingError(error="the connection broke")
        return b"body"


def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    client = Flaky(breaks=3)
    assert s3.read(client, Bucket="b", Key="k") == b"body"  # type: ignore[arg-type]
    assert client.requests == 4


def test_a_body_that_keeps_breaking_off_is_an_error() -> None:
    with pytest.raises(ResponseStreamingError):
        s3.read(Flaky(breaks=4), Bucket="b", Key="k")  # type: ignore[arg-type]


def test_the_body_of_an_answer_that_is_refused_is_not_read() -> None:
    client = Flaky(breaks=9)

    def refuse(_: object) -> None:
        raise ValueError("too large")

    with pytest.raises(ValueError, match="too large"):
        s3.get(client, refuse, Bucket="b", Key="k")  # type: ignore[arg-type]
    assert (client.requests, client.closed) == (1, True)
