#!/usr/bin/env bash
# Guessed: pypdf reads a PDF's end, and then each object when it is asked for: one pass over the file for all pages in order.
# True: unless strict=True, opening visits the begin of every object; and reader.pages reads all pages' objects before it gives
# the first one. Whoever pays for each range of a remote file pays for three passes, and for two with strict=True.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" pypdf==7.1.1
PYTHONPATH="$folder" python3 - <<'PY'
import io

import pypdf
from pypdf.generic import DecodedStreamObject, NameObject

PAGES, BLOCKS, KEPT = 300, 13, 4


def made() -> bytes:
    """Return a PDF whose pages have contents of 20 KB, each behind its page, by pypdf itself."""
    writer, target = pypdf.PdfWriter(), io.BytesIO()
    for number in range(PAGES):
        page = writer.add_blank_page(200, 200)
        content = DecodedStreamObject()
        content.set_data(b"% " + bytes([65 + number % 26]) * 20_000 + b"\n")
        page[NameObject("/Contents")] = writer._add_object(content)
    writer.write(target)
    return target.getvalue()


class Counted(io.RawIOBase):
    """A file of 13 blocks, of which the four used last are kept: it counts those that are fetched."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at, self.kept, self.fetched = body, 0, [], 0
        self.block = -(-len(body) // BLOCKS)

    def readable(self) -> bool:
        return True

    seekable = readable

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset + (0, self.at, len(self.body))[whence]
        return self.at

    def readinto(self, buffer) -> int:
        number = self.at // self.block
        piece = self.body[self.at : min(self.at + len(buffer), (number + 1) * self.block)]
        if piece and number not in self.kept:
            self.fetched += 1
            self.kept = self.kept[1 - KEPT :]
        if piece:
            self.kept = [one for one in self.kept if one != number] + [number]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


def fetched(body: bytes, *, strict: bool) -> int:
    file = Counted(body)
    for page in pypdf.PdfReader(io.BufferedReader(file), strict=strict).pages:
        page.get_contents().get_data()
    return file.fetched


body = made()
loose, strict = fetched(body, strict=False), fetched(body, strict=True)
print(f"pypdf {pypdf.__version__}: a PDF of {BLOCKS} blocks, all pages in order, four blocks kept")
print(f"  PdfReader(file).pages:              {loose} blocks fetched")
print(f"  PdfReader(file, strict=True).pages: {strict} blocks fetched")
assert loose > 2.5 * BLOCKS, "opening no longer visits every object"
assert 1.5 * BLOCKS < strict < 2.5 * BLOCKS, "reader.pages no longer reads all pages' objects first"
PY
