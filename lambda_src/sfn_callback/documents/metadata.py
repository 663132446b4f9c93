"""User metadata of S3 objects: texts of any kind as ASCII, which is all that S3's REST interface takes.

A text that is not plain is an encoded word, as S3 itself writes what it cannot show: ``=?UTF-8?B?…?=``.
At most 2 KB, names included. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from sfn_callback.contract import About, Source
from sfn_callback.errors import MetadataTooLarge

MAX_BYTES = 2_048

_PLAIN = re.compile(r"(?!=\?)[!-~]+(?: [!-~]+)*")
_WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]*)\?=", re.IGNORECASE)


def of_chunk(about: About) -> dict[str, str]:
    """Return a chunk's metadata, which :func:`about` reads; errors as :func:`encode`."""
    at = about.document or Source("", "")
    return encode(
        {
            "bucket": at.bucket,
            "document": at.key,
            "version": at.version or "",
            "options": _json(about.options),
            "name": about.name,
            "fields": _json(about.fields),
        }
    )


def about(metadata: Mapping[str, str], content_type: str) -> About:
    """Read a chunk's metadata; a chunk written by hand may have little of it."""
    texts = decode_all(metadata)
    bucket, key = texts.get("bucket"), texts.get("document")
    at = Source(bucket, key, texts.get("version")) if bucket and key else None
    options, fields = _object(texts.get("options", "")), _object(texts.get("fields", ""))
    return About(at, options, texts.get("name", ""), fields, content_type)


def encode(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata for S3, without empty strings.

    Raises:
        MetadataTooLarge: it is more than S3 takes; the largest of the texts are named.
    """
    encoded = {name: _encoded(text) for name, text in texts.items() if text}
    size = sum(len(name) + len(text) for name, text in encoded.items())
    if size > MAX_BYTES:
        largest = sorted(encoded, key=lambda name: -len(encoded[name]))[:2]
        parts = " and ".join(f"{name!r} with {len(encoded[name]):,}" for name in largest)
        raise MetadataTooLarge(
            f"The object's metadata on S3 has {size:,} bytes; S3 takes at most {MAX_BYTES:,}."
            f" The largest are {parts}: make one of them shorter."
        )
    return encoded


def decode(text: str) -> str:
    """Return the text that was encoded, by us or by S3; what is neither is returned as it is."""
    words = [_WORD.fullmatch(word) for word in text.split(" ")]
    try:
        return b"".join(_bytes(*word.groups()) for word in words if word).decode() if all(words) else text
    except ValueError:
        return text


def decode_all(texts: Mapping[str, str]) -> dict[str, str]:
    """Return an object's user metadata as texts."""
    return {name: decode(text) for name, text in texts.items()}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _encoded(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    encoded = base64.b64encode(text.encode(errors="replace")).decode()
    return f"=?UTF-8?B?{encoded}?="


def _bytes(encoding: str, encoded: str) -> bytes:
    if encoding in "bB":
        return base64.b64decode(encoded, validate=True)
    return binascii.a2b_qp(encoded, header=True)
