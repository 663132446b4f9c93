"""MiniStack's packages of functions, unpacked once for all processes that run the same one.

MiniStack unpacks a package for each process, which then compiles it. Here they share a folder, and what is compiled in
it. What a function writes is elsewhere: https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
"""

import tempfile
import threading
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from emulator.patches import theirs

_PACKAGE = "code.zip"
_PYTHON = "_worker.py"

_unpacking = threading.Lock()


class Package(zipfile.ZipFile):
    """A package, which is unpacked by a link to where it was unpacked before."""

    def extractall(self, path: Any = None, *more: Any, **named: Any) -> None:
        """Unpack it."""
        place = Path(str(self.filename))
        # Functions of Node.js with layers have those packages linked into their own.
        if place.name != _PACKAGE or not place.with_name(_PYTHON).exists():
            super().extractall(path, *more, **named)
            return
        unpacked = Path(tempfile.gettempdir()) / f"package-{sha256(place.read_bytes()).hexdigest()}"
        with _unpacking:
            if not unpacked.exists():
                half = unpacked.with_suffix(".half")
                super().extractall(half)
                half.rename(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)


class _Zipfile:
    """What :mod:`zipfile` has, with packages that are unpacked once."""

    ZipFile = Package

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


def install() -> None:
    """Replace MiniStack's packages by these."""
    theirs(lambda_runtime, "zipfile")
    lambda_runtime.zipfile = _Zipfile()
