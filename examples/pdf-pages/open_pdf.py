"""Opens a PDF, or says what is wrong with it and what to do."""

import io
from typing import Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError
from pypdf.generic import DictionaryObject

from sfn_callback import Document

_HEAD_BYTES = 1024
"""So far behind the beginning may a PDF begin, as readers have it."""
BUFFER_BYTES = 16 * 1024
_DECRYPT = "Save it without encryption (qpdf --decrypt locked.pdf open.pdf)"


class NotAPdf(ValueError):
    """The document does not begin as a PDF does."""


class PdfBroken(ValueError):
    """The document begins as a PDF, and its pages cannot all be found."""


class PdfEmpty(ValueError):
    """The PDF has no pages."""


class PdfEncrypted(ValueError):
    """The PDF cannot be read without a password, or without a package that is not in the zip."""


class Source(io.RawIOBase):
    """A document's bytes for pypdf, which goes on where it can when an error is raised: it is remembered here."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problem: Exception | None = None

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, as in any file."""
        return self._document.seek(offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        """Read, and remember what goes wrong."""
        try:
            return self._document.readinto(buffer)
        except Exception as problem:
            self._problem = problem
            raise

    def check(self) -> None:
        """Raise what went wrong: what pypdf has made of such a document is not the document."""
        if self._problem:
            raise self._problem


def pdf(document: Document) -> tuple[Source, PdfReader]:
    """Open a PDF that has pages and needs no password.

    Raises:
        NotAPdf, PdfBroken, PdfEmpty, PdfEncrypted: it is none.
    """
    source = Source(document)
    if b"%PDF-" not in document.read(_HEAD_BYTES):
        raise NotAPdf(f"{_url(document)} is no PDF: its first 1,024 bytes have no %PDF-. Drop PDFs only.")
    try:
        reader = PdfReader(io.BufferedReader(source, BUFFER_BYTES))
        locked = reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED
        pages = 0 if locked else _counted(reader)
    except MemoryError:
        raise
    except Exception as problem:
        source.check()
        raise explained(document, problem) from problem
    source.check()
    if locked:
        raise PdfEncrypted(f"{_url(document)} asks for a password. {_DECRYPT}, and drop that.")
    if not pages:
        raise PdfEmpty(f"{_url(document)} has no pages. Drop the one that was meant.")
    return source, reader


def _counted(reader: PdfReader) -> int:
    tree = reader.root_object["/Pages"]
    said = tree.get("/Count") if isinstance(tree, DictionaryObject) else 0
    found = len(reader.pages)
    # pypdf leaves out what it does not find.
    if isinstance(said, int) and said > found:
        raise ValueError(f"{found:,} of {said:,} are there")
    return found


def explained(document: Document, problem: Exception) -> Exception:
    """Return what to raise in the place of what pypdf has raised."""
    if isinstance(problem, DependencyError):
        return PdfEncrypted(
            f"{_url(document)} is encrypted by AES, for which pypdf needs the package cryptography. {_DECRYPT}, and"
            " drop that; or put cryptography, for the functions' processor, into the zip or into a layer."
        )
    if isinstance(problem, NotImplementedError) and "encrypt" in str(problem):
        return PdfEncrypted(f"{_url(document)} is encrypted in a way that is not known. {_DECRYPT}, and drop that.")
    return PdfBroken(
        f"{_url(document)} begins as a PDF, but its pages cannot all be found ({type(problem).__name__}: {problem})."
        " Export it again, or repair it (qpdf broken.pdf repaired.pdf), and drop that."
    )


def _url(document: Document) -> str:
    return f"s3://{document.bucket}/{document.key}"
