from moto import mock_aws

from sfn_callback.aws import clients, uploads
from testing.aws import make_bucket
from testing.environment import BUCKET


def test_an_iterable_is_a_file_whatever_its_pieces() -> None:
    with mock_aws():
        make_bucket()
        assert uploads.upload(clients.s3(), BUCKET, "k", [b"a" * 100_000, b"", b"b"], {}) == 100_001
        assert clients.s3().get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"a" * 100_000 + b"b"
