"""A bucket in memory, behind the part of botocore's interface that the package uses; without versions."""

import hashlib
import io
import threading
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError


class MemoryObjects:
    """``bodies`` are the objects by key."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        # What s3transfer hooks itself into.
        self.meta = boto3.client("s3").meta
        self._lock = threading.Lock()

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **_: Any) -> dict[str, Any]:
        with self._lock:
            self.bodies[Key] = Body if isinstance(Body, bytes) else Body.read()
        return {}

    def head_object(self, *, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:
        return _described(self._body(Key, "HeadObject", "404"))

    def get_object(self, *, Bucket: str, Key: str, Range: str = "", **_: Any) -> dict[str, Any]:
        body = self._body(Key, "GetObject", "NoSuchKey")
        answer = _described(body)
        if Range:
            first, last = map(int, Range.removeprefix("bytes=").split("-"))
            answer["ContentRange"] = f"bytes {first}-{min(last, len(body) - 1)}/{len(body)}"
            body = body[first : last + 1]
        return {**answer, "ContentLength": len(body), "Body": io.BytesIO(body)}

    def get_paginator(self, operation: str) -> "MemoryObjects":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        keys = sorted(key for key in self.bodies if key.startswith(Prefix))
        for at in range(0, len(keys), 1_000):
            yield {"Contents": [{"Key": key, "Size": len(self.bodies[key])} for key in keys[at : at + 1_000]]}

    def _body(self, key: str, operation: str, code: str) -> bytes:
        if key not in self.bodies:
            raise ClientError({"Error": {"Code": code, "Message": "There is no such key."}}, operation)
        return self.bodies[key]


def _described(body: bytes) -> dict[str, Any]:
    return {"ContentLength": len(body), "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}
