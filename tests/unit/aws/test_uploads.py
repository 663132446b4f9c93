import io

from sfn_callback.aws import uploads


def test_an_iterable_is_a_file_whatever_its_pieces() -> None:
    joined = uploads._Joined([b"a" * 100_000, b"", b"b"])
    assert io.BufferedReader(joined).read() == b"a" * 100_000 + b"b"
    assert joined.size == 100_001
