"""MiniStack's lists of objects, made as AWS has them.

- ``encoding-type=url`` encodes each name in an answer, as a form does but for "/":
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html,
  measured on AWS on 2026-09-14: https://github.com/brekkylab/backlot/issues/178. MiniStack ignores it for versions and
  uploads, so that Terraform's provider, which decodes them, never deletes ``a+b``.
- There is no other encoding: recorded on AWS on 2026-02-21, ``test_list_ops_encoding_type_validation`` in
  https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_list_operations.snapshot.json.
  MiniStack takes any.
- A page of versions begins behind its markers, of which one may be deleted by then, and has at most 1,000 rows:
  ``test_list_object_versions_pagination_common_prefixes`` and
  ``test_list_objects_versions_with_prefix_only_and_pagination`` in that recording. MiniStack repeats prefixes and
  objects without versions, and leaves out a key's other versions when the marker's is deleted.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import quote_plus
from xml.etree.ElementTree import Element, SubElement  # nosec B405

from ministack.services import s3

from emulator.patches import replace, theirs

Answer = tuple[int, dict[str, str], bytes]
Query = dict[str, list[str]]
Change = Callable[[Element], None]

_NAMES = {"Key", "Prefix", "Delimiter", "Marker", "NextMarker", "KeyMarker", "NextKeyMarker", "StartAfter"}
_ROWS = {"Version", "DeleteMarker", "CommonPrefixes"}
_PAGE = 1000
_ALL = str(2**31 - 1)

_changes: ContextVar[tuple[Change, ...]] = ContextVar("changes", default=())

_body = theirs(s3, "_xml_body")
_error = theirs(s3, "_error")
_list_versions = theirs(s3, "_list_object_versions")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(s3, "_xml_body", _changed_body)
    replace(s3, "_list_object_versions", _encoded(_page_of_versions))
    for name in ("_list_objects_v1", "_list_objects_v2", "_list_multipart_uploads"):
        replace(s3, name, _encoded(theirs(s3, name)))


@contextmanager
def _changing(change: Change) -> Iterator[None]:
    marked = _changes.set((change, *_changes.get()))
    try:
        yield
    finally:
        _changes.reset(marked)


def _changed_body(root: Element) -> bytes:
    # Before it is written: what XML has no characters for could not be read again.
    for change in _changes.get() if root.tag != "Error" else ():
        change(root)
    written: bytes = _body(root)
    return written


def _encoded(list_them: Callable[[str, Query], Answer]) -> Callable[[str, Query], Answer]:
    def answer(bucket: str, query: Query) -> Answer:
        raw = {name: value for name, value in query.items() if name != "encoding-type"}
        if raw == query:
            return list_them(bucket, raw)
        if query["encoding-type"] != ["url"]:
            return _refused(query["encoding-type"][0])
        with _changing(_encode):
            return list_them(bucket, raw)

    return answer


def _refused(encoding: str) -> Answer:
    details = {"ArgumentName": "encoding-type", "ArgumentValue": encoding}
    refused: Answer = _error("InvalidArgument", "Invalid Encoding Method specified in Request", 400, "", details)
    return refused


def _encode(root: Element) -> None:
    for element in root.iter():
        if element.tag in _NAMES:
            element.text = quote_plus(element.text or "", safe="/")
    SubElement(root, "EncodingType").text = "url"


def _page_of_versions(bucket: str, query: Query) -> Answer:
    everything = {name: value for name, value in query.items() if name not in ("key-marker", "version-id-marker")}
    with _changing(partial(_cut, query)):
        answer: Answer = _list_versions(bucket, everything | {"max-keys": [_ALL]})
    return answer


def _cut(query: Query, root: Element) -> None:
    """Leave only the page that is asked for of a whole list."""
    key, version, most = (query.get(name, [""])[0] for name in ("key-marker", "version-id-marker", "max-keys"))
    size = min(int(most or _PAGE), _PAGE)
    rows = _behind(key, version, sorted((row for row in root if row.tag in _ROWS), key=_name))
    page, more = rows[:size], len(rows) > size > 0
    root[:] = [*(child for child in root if child.tag not in _ROWS), *page]
    _say(root, KeyMarker=key, VersionIdMarker=version, MaxKeys=str(size), IsTruncated=str(more).lower())
    if more:
        _say(root, NextKeyMarker=_name(page[-1]), NextVersionIdMarker=page[-1].findtext("VersionId"))


def _name(row: Element) -> str:
    return row.findtext("Key") or row.findtext("Prefix") or ""


def _behind(key: str, version: str, rows: list[Element]) -> list[Element]:
    same = [row for row in rows if version and _name(row) == key]
    versions = [row.findtext("VersionId") for row in same]
    # Whoever deletes page by page has deleted the marker's version, and with it all that were before it.
    begin = versions.index(version) + 1 if version in versions else 0
    return same[begin:] + [row for row in rows if _name(row) > key]


def _say(root: Element, **texts: Any) -> None:
    for tag, text in texts.items():
        if text is not None:
            element = root.find(tag)
            (SubElement(root, tag) if element is None else element).text = text
