"""The local AWS calls objects by their names, as AWS does: in lists, and when they are deleted."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
import urllib3

from emulator.aws import LocalAws
from tests.tooling.conftest import NewBucket
from tests.tooling.test_storage import refused

KEYS = [
    "a b", "a+b", "a%b", "a%zz", "a%2Fb", "a/%F0%9F%98%80/", "a#b", "a&b", "a&amp;b", "a<b>", "a'b", 'a"b', "a@b",
    "a=b", "a//b", "/a", "a/", "a?b", "a;b,c", "a:b", "a\\b", "a\nb", " a ", "..", "~*()!$", "é/ü", "😀/a b",
    "k" * 1000, "ü" * 500,
]  # fmt: skip
# As measured on AWS on 2026-09-14, https://github.com/brekkylab/backlot/issues/178, and recorded on 2026-02-21,
# test_list_objects_v2_continuation_token_safe_chars and test_list_objects_with_prefix[%2F] in
# https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_list_operations.snapshot.json
ENCODED = {
    "a b.txt": "a+b.txt",
    "a+b.txt": "a%2Bb.txt",
    "100%.csv": "100%25.csv",
    "한글/x.txt": "%ED%95%9C%EA%B8%80/x.txt",
    "run books/x.txt": "run+books/x.txt",
    "date=2026-03-01/": "date%3D2026-03-01/",
    "%2F": "%252F",
}
LISTS = {"list_objects": "Contents", "list_objects_v2": "Contents", "list_object_versions": "Versions"}
EVERY_LIST = pytest.mark.parametrize("name", LISTS)


@pytest.fixture(scope="module", params=[True, False], ids=["versions", "no versions"])
def bucket(request: pytest.FixtureRequest, s3: Any, new_bucket: NewBucket) -> str:
    """A bucket with an object of each name."""
    name = new_bucket(versions=request.param)
    for key in (*KEYS, *ENCODED):
        s3.put_object(Bucket=name, Key=key)
    return name


def listed(s3: Any, name: str, **given: Any) -> set[str]:
    return {one["Key"] for one in getattr(s3, name)(**given).get(LISTS[name], [])}


@EVERY_LIST
def test_a_list_has_every_name_as_it_is(s3: Any, bucket: str, name: str) -> None:
    assert listed(s3, name, Bucket=bucket) == {*KEYS, *ENCODED}


@EVERY_LIST
def test_a_list_that_is_asked_to_encodes_every_name(s3: Any, bucket: str, name: str) -> None:
    names = listed(s3, name, Bucket=bucket, EncodingType="url")
    assert {unquote_plus(key) for key in names} == {*KEYS, *ENCODED}
    assert {*ENCODED.values()} <= names


@EVERY_LIST
def test_a_list_that_encodes_says_so(s3: Any, bucket: str, name: str) -> None:
    assert getattr(s3, name)(Bucket=bucket, EncodingType="url")["EncodingType"] == "url"


@EVERY_LIST
def test_a_list_has_names_as_they_are_when_no_encoding_is_asked_for(
    local_aws: LocalAws, bucket: str, name: str
) -> None:
    # Boto3 asks for it by itself.
    s3 = local_aws.client("s3")
    s3.meta.events.register_last("before-parameter-build.s3", lambda params, **_: params.pop("EncodingType", None))
    answer = getattr(s3, name)(Bucket=bucket, Prefix="a%", Delimiter="z")
    assert "EncodingType" not in answer
    assert {one["Key"] for one in answer[LISTS[name]]} == {"a%b", "a%2Fb"}
    assert answer["CommonPrefixes"] == [{"Prefix": "a%z"}]


@EVERY_LIST
def test_prefixes_and_delimiters_are_encoded_too(s3: Any, bucket: str, name: str) -> None:
    answer = getattr(s3, name)(Bucket=bucket, Prefix="run b", Delimiter="ks/", EncodingType="url")
    assert (answer["Prefix"], answer["Delimiter"]) == ("run+b", "ks/")
    assert answer["CommonPrefixes"] == [{"Prefix": "run+books/"}]
    assert getattr(s3, name)(Bucket=bucket, Delimiter="%2F", EncodingType="url")["Delimiter"] == "%252F"


@pytest.mark.parametrize(
    ("name", "marker", "next_marker"),
    [
        ("list_objects", "Marker", "NextMarker"),
        ("list_objects_v2", "StartAfter", None),
        ("list_object_versions", "KeyMarker", "NextKeyMarker"),
    ],
)
def test_markers_are_encoded_too(s3: Any, bucket: str, name: str, marker: str, next_marker: str | None) -> None:
    given = {marker: "a ", "MaxKeys": 1, "Delimiter": "|", "EncodingType": "url"}
    answer = getattr(s3, name)(Bucket=bucket, **given)
    assert answer[marker] == "a+"
    assert next_marker is None or answer[next_marker] == "a+b"


@pytest.mark.parametrize("name", [*LISTS, "list_multipart_uploads"])
def test_another_encoding_is_refused(s3: Any, bucket: str, name: str) -> None:
    # Recorded on 2026-02-21 too: test_list_ops_encoding_type_validation.
    error = refused(getattr(s3, name), Bucket=bucket, EncodingType="value")["Error"]
    assert (error["Code"], error["ArgumentName"], error["ArgumentValue"]) == (
        "InvalidArgument",
        "encoding-type",
        "value",
    )


def test_uploads_that_go_on_are_called_as_objects_are(s3: Any, new_bucket: NewBucket) -> None:
    name = new_bucket()
    for key in KEYS:
        s3.create_multipart_upload(Bucket=name, Key=key)
    assert {one["Key"] for one in s3.list_multipart_uploads(Bucket=name)["Uploads"]} == {*KEYS}
    answer = s3.list_multipart_uploads(Bucket=name, Prefix="a ", EncodingType="url")
    assert (answer["EncodingType"], answer["Prefix"], answer["Uploads"][0]["Key"]) == ("url", "a+", "a+b")


@pytest.mark.parametrize("name", ["list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("delimiter", ["", "/", "+"])
def test_page_after_page_each_name_comes_once(s3: Any, bucket: str, name: str, delimiter: str) -> None:
    pages = s3.get_paginator(name).paginate(Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": 1})
    seen = [row["Key"] if "Key" in row else row["Prefix"] for page in pages for row in rows(page, name)]
    whole = rows(getattr(s3, name)(Bucket=bucket, Delimiter=delimiter), name)
    assert sorted(seen) == sorted(row["Key"] if "Key" in row else row["Prefix"] for row in whole)


def rows(page: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [*page.get(LISTS[name], []), *page.get("DeleteMarkers", []), *page.get("CommonPrefixes", [])]


@pytest.fixture(scope="module")
def many(s3: Any, new_bucket: NewBucket, local_aws: LocalAws) -> tuple[str, set[tuple[str, str]]]:
    """A bucket with more versions than a page has, and their keys and ids; the test that empties it comes last."""
    name = new_bucket()
    versions = {(key, s3.put_object(Bucket=name, Key=key)["VersionId"]) for key in KEYS}
    with urllib3.PoolManager(ca_certs=local_aws.environment["AWS_CA_BUNDLE"]) as pool:
        for key in ("a b", "a+b"):
            url = s3.generate_presigned_url("put_object", Params={"Bucket": name, "Key": key})
            versions |= {(key, pool.request("PUT", url).headers["x-amz-version-id"]) for _ in range(500)}
    for key in KEYS:
        s3.delete_object(Bucket=name, Key=key)
    return name, versions


def test_more_versions_than_a_page_has_are_listed_page_by_page(s3: Any, many: tuple[str, set[tuple[str, str]]]) -> None:
    name, versions = many
    first = s3.list_object_versions(Bucket=name, MaxKeys=5000)
    assert (len(first["Versions"]) + len(first["DeleteMarkers"]), first["IsTruncated"]) == (1000, True)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=name)
    seen = [(one["Key"], one["VersionId"]) for page in pages for one in page.get("Versions", [])]
    assert (len(seen), {*seen}) == (len(versions), versions)


def deleted_as_the_provider_does(s3: Any, name: str, kind: str) -> Iterator[int]:
    """Delete page by page, as ``force_destroy`` does; yield how many were deleted.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/delete.go
    """
    # Boto3 decodes only what it has asked for by itself, so these names are encoded.
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, EncodingType="url"):
        found = [{"Key": unquote_plus(one["Key"]), "VersionId": one["VersionId"]} for one in page.get(kind, [])]
        if found:
            assert "Errors" not in s3.delete_objects(Bucket=name, Delete={"Objects": found, "Quiet": True})
        yield len(found)


def test_a_bucket_is_emptied_by_whoever_deletes_page_by_page(s3: Any, many: tuple[str, set[tuple[str, str]]]) -> None:
    name, versions = many
    assert sum(deleted_as_the_provider_does(s3, name, "Versions")) == len(versions)
    assert sum(deleted_as_the_provider_does(s3, name, "DeleteMarkers")) == len(KEYS)
    s3.delete_bucket(Bucket=name)


def test_many_objects_are_deleted_by_their_names(s3: Any, new_bucket: NewBucket) -> None:
    name = new_bucket(versions=False)
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key)
    answer = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in KEYS]})
    assert {one["Key"] for one in answer["Deleted"]} == {*KEYS}
    assert listed(s3, "list_objects_v2", Bucket=name) == set()
