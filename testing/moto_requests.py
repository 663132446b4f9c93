"""Moto's answers in half of its time: what it finds out anew for each request is the same for all."""

import io
import itertools
import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import moto.core.responses
import moto.s3.models
import moto.sqs.models
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest
from moto.backend_index import backend_url_patterns
from moto.backends import get_backend
from moto.core import models, request
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
from werkzeug.exceptions import HTTPException

SIGNATURE = "5f8a1f0f6d7a4be0a5d5c7c3b7a96c04d2c2f0be61f5b8e5a54e3a53d4b2f6c1"
_responses: Any = moto.core.responses
_queues: Any = moto.sqs.models

# Moto adds each service's addresses to those that the library requests may not reach, which nobody here uses.
models.RESPONSES_METHODS.clear()
# Moto loads the list of S3's addresses anew for each request, for tests that change its settings meanwhile.
moto.s3.models.reload = lambda module: module  # type: ignore[attr-defined]
# Which of a class's methods are operations, and how these are called.
_responses.method_names_from_class = cache(_responses.method_names_from_class)
_responses.camelcase_to_underscores = cache(_responses.camelcase_to_underscores)
_queues.camelcase_to_underscores = _responses.camelcase_to_underscores

# Moto reads of a signature whose it is, and does not check it: any will do that no secret is like by chance.
SigV4Auth.canonical_request = lambda *_: ""  # type: ignore[method-assign]
SigV4Auth.string_to_sign = lambda *_: ""  # type: ignore[method-assign]
SigV4Auth.signature = lambda *_: SIGNATURE  # type: ignore[method-assign]


@lru_cache(maxsize=4_096)
def answering(url: str) -> Any:
    """Return what answers requests to an address: a method of the first service of a hundred that matches it."""
    for service, pattern in backend_url_patterns:
        if pattern.match(url):
            backends: Any = get_backend(service)  # type: ignore[call-overload]
            regions = backends[models.DEFAULT_ACCOUNT_ID]
            urls = regions["us-east-1" if "us-east-1" in regions else "aws"].urls
            for address, answer in urls.items():
                if re.match(address, url):
                    return answer
    return None


def process_request(stubber: BotocoreStubber, sent: AWSPreparedRequest) -> Any:
    """Answer as moto does, which matches the address against each service's."""
    answer = answering(sent.url.partition("?")[0])
    if answer is None:
        return _process_request(stubber, sent)
    given = request.normalize_request(sent)
    try:
        return answer(given, given.raw_url, given.headers)
    except HTTPException as refused:
        return refused.code, refused.get_headers(), refused.get_body()


_process_request = BotocoreStubber.process_request
BotocoreStubber.process_request = process_request  # type: ignore[method-assign,assignment]


def from_primitives(method: str, url: str, headers: Any, body: Any = None) -> request.Request:
    """Return the request, as moto has werkzeug's builder make it."""
    body = body.read() if hasattr(body, "read") else body or b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    parts = urlsplit(url)
    found = defaultdict[str, list[str]](list)
    names = {}
    for name, value in headers.items():
        key = request.environ_key_for_header(name)
        found[key].append(value.decode() if isinstance(value, bytes) else value)
        if request.should_preserve_original_header_name(name):
            names[key] = name
    found.pop("HTTP_TRANSFER_ENCODING", None)
    environ: dict[str, Any] = {key: ", ".join(values) for key, values in found.items()} | {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": parts.path,
        "HTTP_HOST": parts.netloc,
        "SERVER_NAME": parts.netloc,
        "SERVER_PORT": "443",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        request.PRESERVED_HEADER_NAMES_ENVIRON_KEY: names,
    }
    return request.Request(environ)


request.Request.from_primitives = staticmethod(from_primitives)  # type: ignore[method-assign]


def request_id(headers: dict[str, Any]) -> str:
    """Give an answer an id, which moto draws by chance, letter by letter."""
    made = headers["x-amzn-requestid"] = f"request-{next(_numbers)}"
    return made


_numbers = itertools.count()
_responses.gen_amzn_requestid_long = request_id


class Serializer(JSONSerializer):
    """DynamoDB's answers, whose parts have AWS's own names: of others, moto tries up to ten names for each."""

    def get_value(self, value: Any, key: str, shape: Any) -> Any:
        """Return a part of an answer."""
        return value.get(key) if type(value) is dict else super().get_value(value, key, shape)


SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": Serializer}
