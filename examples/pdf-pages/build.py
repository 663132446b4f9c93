#!/usr/bin/env python3
"""Builds pages.zip, or the zip that is named: the module's package, this workload, and what that imports.

All of it is pure Python, so it fits both processors, and it is byte for byte the same each time: the names are sorted,
dates and modes are fixed, and entries are stored, not compressed.
"""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "lambda_src"
WORKLOAD = ("damage.py", "one_page.py", "open_pdf.py", "pages.py")
PIP = (
    *("pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"),
    *("--only-binary=:all:", "--no-compile"),
)


def build() -> bytes:
    """Return the zip's bytes.

    Raises:
        subprocess.CalledProcessError: pip cannot have what requirements.txt names; ``stderr`` says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", *PIP, "--target", folder, "--requirement", str(HERE / "requirements.txt")]
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - pip, with our own lock
        files = {name: HERE / name for name in WORKLOAD}
        files |= {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.glob("sfn_callback/**/*.py")}
        files |= {path.relative_to(folder).as_posix(): path for path in _installed(Path(folder))}
        return _zipped(files)


def _installed(folder: Path) -> Iterator[Path]:
    """Yield what pip has installed, but for what it noted of itself: of that, the licences are enough."""
    for path in folder.rglob("*"):
        noted = any(part.endswith(".dist-info") for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix != ".pyc" and (not noted or "licenses" in path.parts):
            yield path


def _zipped(files: Mapping[str, Path]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            # Unix, and a regular file that everybody may read.
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name].read_bytes())
    return target.getvalue()


def main() -> int:
    """Write the zip; return 0, or 1 when pip could not have what it needs."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pages.zip"
    try:
        target.write_bytes(build())
    except subprocess.CalledProcessError as problem:
        print(f"pip cannot install what requirements.txt names:\n{problem.stderr}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    print(f"{target.name}: {target.stat().st_size:,} bytes")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
