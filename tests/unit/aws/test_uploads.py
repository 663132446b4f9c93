from typing import Any

from sfn_callback.aws import uploads
from testing.environment import BUCKET


def test_an_iterable_is_a_file_whatever_its_pieces(s3: Any) -> None:
    assert uploads.upload(s3, BUCKET, "k", [b"a" * 100_000, b"", b"b"], {}) == 100_001
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"a" * 100_000 + b"b"
