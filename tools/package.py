"""Builds ``dist/sfn_callback.zip``, byte for byte the same everywhere.

Names are sorted, dates and modes fixed, and the entries are stored, not compressed, so that neither the file
system nor the version of zlib matters.
"""

import io
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "lambda_src"
PACKAGE = ROOT / "dist" / "sfn_callback.zip"

_DATE = (1980, 1, 1, 0, 0, 0)
_REGULAR_0644 = 0o100644 << 16
_UNIX = 3


def build() -> bytes:
    """Return the zip's bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((SOURCE / "sfn_callback").rglob("*.py"), key=lambda path: path.as_posix()):
            entry = zipfile.ZipInfo(path.relative_to(SOURCE).as_posix(), _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_0644
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


def main() -> int:
    """Write the zip, or with ``--check`` say whether the one that is there is up to date."""
    if sys.argv[1:] == ["--check"]:
        if PACKAGE.exists() and PACKAGE.read_bytes() == build():
            return 0
        print(f"{PACKAGE.relative_to(ROOT)} is out of date: run make package", file=sys.stderr)
        return 1
    PACKAGE.parent.mkdir(exist_ok=True)
    PACKAGE.write_bytes(build())
    print(f"{PACKAGE.relative_to(ROOT)}: {PACKAGE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
