"""The workload of examples/pdf-pages, on PDFs that are made here."""

import importlib
import io
import json
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader, PdfWriter

from sfn_callback import Chunk, ChunkRejected, NewChunk, Results
from sfn_callback.contract import About, Source
from sfn_callback.documents.source import Document
from testing.pdfs import FONT, Made, Pdf, encrypted, of_texts, pdf, shown
from tests.readme import ROOT

sys.path.append(str(ROOT / "examples" / "pdf-pages"))
pages, open_pdf = importlib.import_module("pages"), importlib.import_module("open_pdf")

KEY = "documents/a.pdf"
SECRET = of_texts("secret words")


def document(body: bytes | io.BytesIO | io.FileIO) -> Document:
    made = Document(io.BytesIO(body) if isinstance(body, bytes) else body)
    made.bucket, made.key = "docs", KEY
    return made


def split(body: bytes) -> list[NewChunk]:
    return list(pages.split(document(body)))


def only(body: bytes) -> NewChunk:
    (chunk,) = split(body)
    return chunk


def bytes_of(new: NewChunk) -> bytes:
    assert isinstance(new.body, bytes)
    return new.body


def process(new: NewChunk) -> dict[str, Any]:
    about = About(name=new.name, fields=new.fields, content_type=new.content_type)
    return dict(json.loads(pages.process(Chunk(bytes_of(new), "job", 0, about)).body))


def opened_alone(new: NewChunk) -> PdfReader:
    return PdfReader(io.BytesIO(bytes_of(new)))


def merge(found: list[dict[str, Any]], chunks: int) -> tuple[bytes, dict[str, Any]]:
    bodies = iter([json.dumps(one).encode() for one in found])
    at = Source("docs", KEY, "v1")
    failed = chunks - len(found)
    results = Results(bodies, iter(()), job="job", chunks=chunks, failed=failed, document=at, options={})
    merged = pages.merge(results)
    text = b"".join(merged.body)
    return text, json.loads(b"".join(merged.beside["index.json"].body))


def rejected(new: NewChunk) -> str:
    with pytest.raises(ChunkRejected) as problem:
        process(new)
    return str(problem.value)


def test_each_page_is_a_pdf_of_its_own_that_knows_its_number() -> None:
    first, second = split(of_texts("one", "two"))
    assert (second.name, second.fields, second.content_type) == ("page 2", {"page": 2}, "application/pdf")
    assert [len(opened_alone(one).pages) for one in (first, second)] == [1, 1]


def test_a_pages_text_and_its_words_are_found() -> None:
    assert process(only(of_texts("Größe (in cm):\n12 – 14"))) == {
        "page": 1,
        "words": 6,
        "text": "Größe (in cm):\n12 – 14\n",
    }


def test_a_page_without_content_has_no_words() -> None:
    writer, target = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(target)
    assert process(only(target.getvalue())) == {"page": 1, "words": 0, "text": ""}


def test_what_pages_share_is_only_with_the_page_that_names_it() -> None:
    def made(file: Pdf, _: bytes) -> list[int]:
        font = file.add(FONT)
        images = [file.stream(bytes([n]) * 10_000, b"/Type /XObject /Subtype /Image") for n in range(5)]
        names = b" ".join(b"/Im#2%d %d 0 R" % (n, image) for n, image in enumerate(images))
        shared = file.add(b"<< /Font << /F1 %d 0 R >> /XObject << %b >> >>" % (font, names))
        return [file.page(file.stream(shown("x") + b"/Im#2%d Do" % n), b"%d 0 R" % shared) for n in range(5)]

    for number, chunk in enumerate(split(pdf(made))):
        body = bytes_of(chunk)
        assert [bytes([n]) * 10_000 in body for n in range(5)] == [n == number for n in range(5)]


@pytest.mark.parametrize("kind", [b"/Type /XObject /Subtype /Form", b"/Type /Font /Subtype /Type3"])
def test_what_a_form_or_a_font_borrows_of_its_page_stays(kind: bytes) -> None:
    def made(file: Pdf, _: bytes) -> list[int]:
        font, form = file.add(FONT), file.stream(shown("inside", "F2"), kind + b" /BBox [0 0 595 842]")
        resources = b"<< /Font << /F2 %d 0 R /X %d 0 R >> /XObject << /X %d 0 R >> >>" % (font, form, form)
        return [file.page(file.stream(b"/X Do"), resources)]

    resources = cast(dict[str, Any], opened_alone(only(pdf(made))).pages[0]["/Resources"])
    assert "/F2" in resources["/Font"]


def test_a_colour_space_that_is_in_use_without_being_named_stays() -> None:
    def made(file: Pdf, _: bytes) -> list[int]:
        spaces = b"/DefaultRGB [/CalRGB << /WhitePoint [1 1 1] >>] /Other /DeviceGray"
        return [file.page(file.stream(b"1 0 0 rg"), b"<< /ColorSpace << %b >> >>" % spaces)]

    resources = cast(dict[str, Any], opened_alone(only(pdf(made))).pages[0]["/Resources"])
    assert list(resources["/ColorSpace"]) == ["/DefaultRGB"]


def test_a_page_that_leads_to_others_comes_alone_and_keeps_what_is_drawn_on_it() -> None:
    def made(file: Pdf, fonts: bytes) -> list[int]:
        other = file.page(file.text("another page"), fonts)
        look = file.stream(shown("stamped"), b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources " + fonts)
        link = file.add(b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Dest [%d 0 R /Fit] >>" % other)
        stamp = file.add(
            b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 9 9] /P %d 0 R /AP << /N %d 0 R >> >>" % (other, look)
        )
        more = b"/Annots [%d 0 R %d 0 R] /B [%d 0 R]" % (link, stamp, other)
        return [file.page(file.text("first"), fonts, more), other]

    reader = opened_alone(split(pdf(made))[0])
    objects = [reader.get_object(number) for number in range(1, max(reader.xref[0]) + 1)]
    assert [isinstance(one, dict) and one.get("/Type") == "/Page" for one in objects].count(True) == 1
    (stamp,) = cast(list[Any], reader.pages[0]["/Annots"])
    assert b"stamped" in stamp["/AP"]["/N"].get_data()


def test_what_a_page_has_of_the_page_tree_goes_with_it() -> None:
    def made(file: Pdf, _: bytes) -> list[int]:
        form = b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R >>"
        return [file.add(form % file.text("turned"))]

    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    tree = b"/MediaBox [0 0 300 400] /Rotate 90 /Resources << /Font << /F1 %b >> >>" % font
    (alone,) = opened_alone(only(pdf(made, tree))).pages
    assert (alone.rotation, alone.mediabox.width, alone.extract_text()) == (90, 300, "turned\n")


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"hello", "NotAPdf", "no %PDF-"),
        (b"", "NotAPdf", "Drop PDFs only."),
        (b" " * 1024 + of_texts("late"), "NotAPdf", "first 1,024 bytes"),
        (b"%PDF-1.7\nhello", "PdfBroken", "Export it again"),
        (of_texts("one", "two")[:400], "PdfBroken", "repair it"),
        (of_texts(), "PdfEmpty", "has no pages. Drop"),
    ],
)
def test_a_document_that_is_no_whole_pdf_fails_with_a_name_and_what_to_do(body: bytes, error: str, said: str) -> None:
    with pytest.raises(getattr(pages, error), match=said) as problem:
        split(body)
    assert str(problem.value).startswith(f"s3://docs/{KEY} ")


def test_a_pdf_of_which_pages_are_not_in_the_file_is_not_split_into_the_others() -> None:
    with pytest.raises(pages.PdfBroken, match=r"1 of 2 are there"):
        split(pdf(lambda file, fonts: [file.page(file.text("one"), fonts), 99]))


def test_something_before_its_beginning_does_not_break_a_pdf() -> None:
    assert process(only(b"junk\n" * 100 + of_texts("one")))["text"] == "one\n"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_opens_with_the_empty_password_is_read(algorithm: str) -> None:
    assert process(only(encrypted(SECRET, algorithm, "")))["text"] == "secret words\n"


@pytest.mark.parametrize("algorithm", ["RC4-40", "AES-256"])
def test_a_pdf_that_asks_for_a_password_says_how_to_save_it_without(algorithm: str) -> None:
    with pytest.raises(pages.PdfEncrypted, match=r"asks for a password\. Save it without encryption"):
        split(encrypted(SECRET, algorithm, "letmein"))


@pytest.mark.parametrize("algorithm", ["AES-128", "AES-256"])
def test_aes_says_that_it_needs_a_package(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = encrypted(SECRET, algorithm, "")
    without = importlib.import_module("pypdf._crypt_providers._fallback")
    encryption = importlib.import_module("pypdf._encryption")
    for name in ("CryptAES", "aes_cbc_decrypt", "aes_cbc_encrypt", "aes_ecb_decrypt", "aes_ecb_encrypt"):
        monkeypatch.setattr(encryption, name, getattr(without, name))
    with pytest.raises(pages.PdfEncrypted, match="needs the package cryptography"):
        split(body)


def test_an_encryption_that_is_not_known_says_how_to_save_it_without() -> None:
    body = SECRET.replace(b"trailer\n<<", b"trailer\n<< /Encrypt << /Filter /Adobe.PubSec >>")
    with pytest.raises(pages.PdfEncrypted, match=r"not known\. Save it without encryption"):
        split(body)


BROKEN: dict[str, tuple[Made, str]] = {
    "unknown filter": (lambda file, fonts: [file.page(file.stream(b"x", b"/Filter /Nope"), fonts)], "/Nope"),
    "damaged data": (lambda file, fonts: [file.page(file.stream(b"x" * 90, b"/Filter /FlateDecode"), fonts)], "header"),
    "no content": (lambda file, fonts: [file.page(99, fonts)], "content is not in the file"),
    "no resources": (lambda file, fonts: [file.page(file.text("x"), b"99 0 R")], "resources are not in the file"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_page_is_a_chunk_that_is_rejected_with_why_and_the_others_are_read(case: str) -> None:
    broken, why = BROKEN[case]
    chunks = split(
        pdf(lambda file, fonts: [*broken(file, fonts), *(file.page(file.text(text), fonts) for text in "ab")])
    )
    said = rejected(chunks[0])
    assert said.startswith("Page 1 is broken (") and why in said and said.endswith("or tolerate failed pages.")
    assert [process(chunk)["text"] for chunk in chunks[1:]] == ["a\n", "b\n"]


def test_a_wrong_checksum_behind_whole_data_breaks_no_page() -> None:
    def made(file: Pdf, fonts: bytes) -> list[int]:
        return [file.page(file.stream(zlib.compress(shown("whole"))[:-4] + b"!" * 20, b"/Filter /FlateDecode"), fonts)]

    assert process(only(pdf(made)))["text"] == "whole\n"


class Failing(io.BytesIO):
    """A store that fails once, at a read behind the first ones."""

    def __init__(self, body: bytes, at: int) -> None:
        super().__init__(body)
        self.reads, self.at = 0, at

    def readinto(self, buffer: Any, /) -> int:
        self.reads += 1
        if self.reads == self.at:
            raise ConnectionError("the store is away")
        return super().readinto(buffer)


def test_what_the_store_does_not_give_is_never_taken_for_the_documents_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_pdf, "BUFFER_BYTES", 512)
    body = pdf(lambda file, fonts: [file.page(file.stream(shown(f"{n} " * 300)), fonts) for n in range(5)])
    whole = Failing(body, at=0)
    assert len(list(pages.split(document(whole)))) == 5
    for at in range(1, whole.reads + 1):
        with pytest.raises(ConnectionError, match="away"):
            list(pages.split(document(Failing(body, at))))


def test_a_half_character_does_not_break_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pypdf.PageObject.extract_text", lambda _: "a \ud800 b")
    assert process(only(of_texts("x")))["text"] == "a ? b"


def test_pages_are_merged_with_marks_and_an_index_of_where_each_begins() -> None:
    found = [{"page": 1, "words": 1, "text": "Größe\n"}, {"page": 2, "words": 2, "text": "two words\n"}]
    text, index = merge(found, 2)
    assert text.decode() == "--- page 1 of 2 ---\nGröße\n\n--- page 2 of 2 ---\ntwo words\n\n"
    assert (index["pages"], index["missing"], index["words"], index["characters"]) == (2, [], 3, 16)
    assert index["document"] == {"bucket": "docs", "key": KEY, "version": "v1"}
    assert [text[row["offset"] : row["offset"] + row["bytes"]].decode() for row in index["texts"]] == [
        "Größe\n",
        "two words\n",
    ]


def test_pages_that_are_missing_have_a_mark_and_are_in_the_index() -> None:
    text, index = merge([{"page": 2, "words": 1, "text": "two"}], 4)
    marks = [line for line in text.decode().splitlines() if line.startswith("---")]
    assert marks == [
        "--- page 1 of 4 is missing ---",
        "--- page 2 of 4 ---",
        "--- page 3 of 4 is missing ---",
        "--- page 4 of 4 is missing ---",
    ]
    assert (index["missing"], [row["page"] for row in index["texts"]]) == ([1, 3, 4], [2])


def large(path: Path, count: int, image_bytes: int) -> None:
    """Write a PDF whose pages share one dictionary of large images, as some programs write them."""
    with path.open("wb") as target:
        file = Pdf(target)
        font = file.add(FONT)
        images = [file.stream(bytes(image_bytes), b"/Type /XObject /Subtype /Image") for _ in range(count)]
        names = b" ".join(b"/I%d %d 0 R" % (n, image) for n, image in enumerate(images))
        shared = file.add(b"<< /Font << /F1 %d 0 R >> /XObject << %b >> >>" % (font, names))
        contents = [file.stream(shown(f"page {n}") + b"/I%d Do" % n) for n in range(count)]
        file.close([file.page(content, b"%d 0 R" % shared) for content in contents])


def test_memory_does_not_grow_with_the_document(tmp_path: Path) -> None:
    large(tmp_path / "large.pdf", 200, 400_000)
    with (tmp_path / "large.pdf").open("rb", buffering=0) as body:
        tracemalloc.start()
        sizes = [len(chunk.body) for chunk in pages.split(document(body))]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(sizes) == 200 and max(sizes) < 402_000
    # Of 80 MB: what may be remembered, and some pages.
    assert peak < 12_500_000


def test_an_object_that_is_not_there_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "KEPT_BYTES", 0)
    looked: list[object] = []

    def look(stream: object) -> bytes:
        looked.append(stream)
        return b""

    monkeypatch.setattr("pypdf._reader.get_stream_data", look)
    body = pdf(lambda file, _: [file.page(file.text("x"), b"<< /Font << /F1 99 0 R >> >>") for _ in range(5)])
    assert len(split(body)) == 5
    assert len(looked) == 1


def test_every_pdf_that_matplotlib_brings_is_split_and_read() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    for path in sorted(Path(matplotlib.get_data_path()).glob("images/*.pdf")):
        (page,) = split(path.read_bytes())
        assert process(page)["words"] == len(PdfReader(path).pages[0].extract_text().split()), path.name
