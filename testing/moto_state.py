"""What moto's services hold: made once, and put back for each test, which takes a tenth of the time."""

import copy
import copyreg
import threading
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaBackend
from moto.backends import get_backend

# Nobody waits for the messages of a copied queue yet.
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))

_SERVICES: tuple[Any, ...] = ("dynamodb", "events", "iam", "lambda", "s3", "sns", "sqs")
_Held = list[tuple[Any, str, str, Any]]


class Snapshot:
    """What ``make`` makes in an account that may hold something already."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._held: _Held | None = None

    def put_back(self) -> None:
        """Put it in the place of all that the services hold, as it was when it had been made."""
        if self._held is None:
            self._make()
            self._held = _copied(_held())
            return
        for services, account, region, backend in _copied(self._held):
            services[account][region] = backend


def _held() -> _Held:
    places: list[Any] = [get_backend(name) for name in _SERVICES]
    return [
        (services, account, region, backend)
        for services in places
        for account, regions in services.items()
        for region, backend in regions.items()
    ]


def _copied(held: _Held) -> _Held:
    # At once, so that what one service holds of another's is still the same object.
    backends = copy.deepcopy([backend for *_, backend in held])
    for backend in backends:
        if isinstance(backend, LambdaBackend):
            _know_by_arn(**vars(vars(backend)["_lambdas"]))
    return [(*place, backend) for (*place, _), backend in zip(held, backends, strict=True)]


def _know_by_arn(*, _functions: Any, _arns: Any, **_: object) -> None:
    # A copy of weak references refers to what was copied.
    _arns.clear()
    for versions in _functions.values():
        for function in (versions["latest"], *versions["versions"]):
            _arns[function.function_arn] = function
