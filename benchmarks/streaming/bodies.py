"""Bodies that are made when they are read, as a network gives them: what is not read takes no memory."""

from collections.abc import Callable, Iterator

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

Make = Callable[[int], bytes]
"""Returns so many bytes, which nobody else has."""


class Body:
    """A body of ``size`` bytes that can be read once, from front to back."""

    def __init__(self, size: int, make: Make) -> None:
        self._left, self._make = size, make

    def read(self, size: int | None = None) -> bytes:
        """Return the next ``size`` bytes, or all that are left."""
        taken = self._left if size is None else min(size, self._left)
        self._left -= taken
        return self._make(taken)

    def stream(self, **_: object) -> Iterator[bytes]:
        """Yield what is left."""
        yield self.read()

    def close(self) -> None:
        """Make nothing more of it."""
        self._left = 0


def made(status: int, size: int, make: Make, **headers: str) -> AWSResponse:
    """Return an answer of AWS's whose body is made."""
    given = HTTPHeaders.from_dict({"content-length": str(size), **headers})
    return AWSResponse("https://aws.example", status, given, Body(size, make))
