"""Objects of the local AWS are read as on AWS: ranges, versions, and what is kept with an object.

The ranges and their answers are those that AWS was recorded to give, on 2026-02-21:
https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_api.snapshot.json
(``test_get_object_range``).
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tooling.conftest import NewBucket

BODY = b"0123456789"
KEPT = {"Metadata": {"made-by": "a test"}, "ContentType": "text/csv", "CacheControl": "no-store"}
RANGES = [
    ("bytes=0-8", "bytes 0-8/10"),
    ("bytes=1-1", "bytes 1-1/10"),
    ("bytes=0-0", "bytes 0-0/10"),
    ("bytes=0-100", "bytes 0-9/10"),
    ("bytes=1-", "bytes 1-9/10"),
    ("bytes=-2", "bytes 8-9/10"),
    ("bytes=-15", "bytes 0-9/10"),
]
IGNORED = ["bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4,7-9", "0-8", "bytes=-"]
BEYOND = ["bytes=100-200", "bytes=10-", "bytes=-0"]

Where = dict[str, str]


@pytest.fixture(scope="module")
def uploaded(s3: Any, new_bucket: NewBucket) -> Where:
    """An object's place and version; it was uploaded in parts, and a newer version lies over it."""
    place = {"Bucket": new_bucket(), "Key": "document"}
    upload = {**place, "UploadId": s3.create_multipart_upload(**place, **KEPT)["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=BODY)["ETag"]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    s3.put_object(**place, Body=b"newer")
    return {**place, "VersionId": done["VersionId"], "ETag": done["ETag"]}


@pytest.fixture(scope="module")
def put(s3: Any, new_bucket: NewBucket) -> Where:
    """The place and version of an object that was put as a whole."""
    place = {"Bucket": new_bucket(), "Key": "document"}
    done = s3.put_object(**place, Body=BODY, **KEPT)
    return {**place, "VersionId": done["VersionId"], "ETag": done["ETag"]}


@pytest.fixture(params=["put, newest", "put, by version", "in parts, by version", "put, if it matches"])
def asked(request: pytest.FixtureRequest, put: Where, uploaded: Where) -> Where:
    """The ways to ask for ten bytes."""
    found = uploaded if request.param.startswith("in parts") else put
    left_out = {"ETag"} if "newest" not in request.param else {"ETag", "VersionId"}
    given = {name: value for name, value in found.items() if name not in left_out}
    return given | ({"IfMatch": found["ETag"]} if "matches" in request.param else {})


def status(answer: dict[str, Any]) -> int:
    code: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return code


def refused(call: Any, **given: Any) -> dict[str, Any]:
    """What a call that fails is answered."""
    with pytest.raises(ClientError) as raised:
        call(**given)
    return {**raised.value.response}


@pytest.mark.parametrize(("wanted", "given"), RANGES)
def test_a_range_is_answered_with_its_bytes(s3: Any, asked: Where, wanted: str, given: str) -> None:
    answer = s3.get_object(**asked, Range=wanted)
    first, last = map(int, given.removeprefix("bytes ").removesuffix("/10").split("-"))
    assert answer["Body"].read() == BODY[first : last + 1]
    assert (status(answer), answer["ContentRange"], answer["ContentLength"]) == (206, given, last + 1 - first)


@pytest.mark.parametrize("wanted", IGNORED)
def test_a_range_that_is_not_one_range_is_ignored(s3: Any, asked: Where, wanted: str) -> None:
    answer = s3.get_object(**asked, Range=wanted)
    assert (status(answer), answer["Body"].read(), answer.get("ContentRange")) == (200, BODY, None)


@pytest.mark.parametrize("wanted", BEYOND)
def test_a_range_beyond_the_end_is_refused(s3: Any, asked: Where, wanted: str) -> None:
    answer = refused(s3.get_object, **asked, Range=wanted)
    assert (status(answer), answer["Error"]["Code"]) == (416, "InvalidRange")
    assert (answer["Error"]["ActualObjectSize"], answer["Error"]["RangeRequested"]) == ("10", wanted)


def test_a_range_of_nothing_is_refused(s3: Any, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket(), "Key": "empty"}
    version = s3.put_object(**place)["VersionId"]
    assert status(refused(s3.get_object, **place, VersionId=version, Range="bytes=0-")) == 416


def test_a_range_of_another_version_than_the_one_that_must_match_is_not_given(s3: Any, put: Where) -> None:
    place = {name: value for name, value in put.items() if name != "ETag"}
    assert status(refused(s3.get_object, **place, IfMatch='"another"', Range="bytes=0-1")) == 412


@pytest.mark.parametrize(("wanted", "given"), RANGES)
def test_the_head_of_a_range_has_the_ranges_length(s3: Any, asked: Where, wanted: str, given: str) -> None:
    answer = s3.head_object(**asked, Range=wanted)
    first, last = map(int, given.removeprefix("bytes ").removesuffix("/10").split("-"))
    assert (status(answer), answer["ContentRange"], answer["ContentLength"]) == (206, given, last + 1 - first)


@pytest.mark.parametrize("wanted", BEYOND)
def test_the_head_of_a_range_beyond_the_end_is_refused(s3: Any, asked: Where, wanted: str) -> None:
    assert status(refused(s3.head_object, **asked, Range=wanted)) == 416


@pytest.mark.parametrize("ranged", [{}, {"Range": "bytes=2-3"}], ids=["whole", "range"])
@pytest.mark.parametrize("read", ["get_object", "head_object"])
def test_what_is_kept_with_an_object_comes_with_each_answer(s3: Any, asked: Where, read: str, ranged: Where) -> None:
    answer = getattr(s3, read)(**asked, **ranged)
    assert {name: answer[name] for name in KEPT} == KEPT
    assert {"ETag", "VersionId", "LastModified"} <= {*answer}


def test_a_versions_answer_can_be_given_another_content_type(s3: Any, put: Where) -> None:
    place = {name: value for name, value in put.items() if name != "ETag"}
    assert s3.get_object(**place, ResponseContentType="text/html")["ContentType"] == "text/html"


def test_an_object_whose_type_nobody_said_is_binary(s3: Any, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket(), "Key": "document"}
    s3.put_object(**place, Body=BODY)
    assert s3.head_object(**place)["ContentType"] == "binary/octet-stream"


def test_an_upload_that_is_aborted_leaves_nothing(s3: Any, new_bucket: NewBucket) -> None:
    place = {"Bucket": new_bucket(), "Key": "document"}
    upload = s3.create_multipart_upload(**place, **KEPT)["UploadId"]
    s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=BODY)
    s3.abort_multipart_upload(**place, UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=place["Bucket"])
    assert "Versions" not in s3.list_object_versions(Bucket=place["Bucket"])
    assert refused(s3.list_parts, **place, UploadId=upload)["Error"]["Code"] == "NoSuchUpload"
