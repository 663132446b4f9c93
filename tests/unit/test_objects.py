from typing import Any

import pytest
from botocore.exceptions import ResponseStreamingError

from sfn_callback import objects


class Flaky:
    """An S3 client whose bodies break off the first ``breaks`` times."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.requests = 0

    def get_object(self, **_: Any) -> Any:
        self.requests += 1
        return {"Body": self}

    def read(self) -> bytes:
        if self.requests <= self.breaks:
            raise ResponseStreamingError(error="the connection broke")
        return b"body"


def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    client = Flaky(breaks=3)
    assert objects.read(client, Bucket="b", Key="k") == b"body"  # type: ignore[arg-type]
    assert client.requests == 4


def test_a_body_that_keeps_breaking_off_is_an_error() -> None:
    with pytest.raises(ResponseStreamingError):
        objects.read(Flaky(breaks=4), Bucket="b", Key="k")  # type: ignore[arg-type]
