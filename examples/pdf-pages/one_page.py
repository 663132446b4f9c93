"""Copies one page into a PDF of its own, with what the page needs and no more.

pypdf copies all that a page leads to: the resources of all pages where they share them, and by links and form fields
other pages, with what those lead to. So a page is copied by a list of what is looked at when it is shown.
"""

import io
import re
from collections.abc import Iterator

from pypdf import PageObject, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject

_OF_PAGE = (
    *("/Contents", "/Group", "/Rotate", "/UserUnit"),
    *("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"),
)
_OF_ANNOTATION = ("/Type", "/Subtype", "/Rect", "/F", "/AP", "/AS")
_NAME = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]{1,127}")


def one_page(page: PageObject) -> bytes:
    """Return a PDF of the page alone.

    Raises:
        Exception: the page is broken. pypdf raises errors of many classes, also of Python's own.
    """
    alone = PageObject()
    alone[NameObject("/Type")] = NameObject("/Page")
    alone.update(_picked(page, _OF_PAGE))
    alone[NameObject("/Resources")] = _resources(page)
    if shown := [_picked(annotation, _OF_ANNOTATION) for annotation in _annotations(page) if "/AP" in annotation]:
        alone[NameObject("/Annots")] = ArrayObject(shown)
    writer, target = PdfWriter(), io.BytesIO()
    writer.add_page(alone)
    writer.write(target)
    return target.getvalue()


def _picked(source: DictionaryObject, keys: tuple[str, ...]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): source.raw_get(key) for key in keys if key in source})


def _annotations(page: PageObject) -> Iterator[DictionaryObject]:
    found = page.get("/Annots", ArrayObject()).get_object()
    for annotation in found if isinstance(found, ArrayObject) else ():
        if isinstance(annotation := annotation.get_object(), DictionaryObject):
            yield annotation


def _resources(page: PageObject) -> DictionaryObject:
    """Return of the page's resources those that its content names."""
    resources = page.get("/Resources", DictionaryObject()).get_object()
    if not isinstance(resources, DictionaryObject):
        raise ValueError("its resources are not in the file")
    names = _names_in(page)
    needed = DictionaryObject({key: _named(resources.raw_get(key), names) for key in resources})
    return resources if any(map(_borrows, _fonts_and_forms(needed))) else needed


def _names_in(page: PageObject) -> set[str]:
    # To pypdf, and to PDF, what is not there is as if nobody had asked for it.
    if "/Contents" in page and page.raw_get("/Contents").get_object() is None:
        raise ValueError("its content is not in the file")
    contents = page.get_contents()
    # A stream without entries is false.
    tokens = set(_NAME.findall(contents.get_data())) if contents is not None else set()
    return {NameObject.read_from_stream(io.BytesIO(token), None) for token in tokens}


def _named(kind: PdfObject, names: set[str]) -> PdfObject:
    entries = kind.get_object()
    if not isinstance(entries, DictionaryObject):
        return kind
    # A colour space such as /DefaultRGB is in use without being named.
    kept = {name: entries.raw_get(name) for name in entries if name in names or name.startswith("/Default")}
    return DictionaryObject(kept)


def _fonts_and_forms(resources: DictionaryObject) -> Iterator[DictionaryObject]:
    for kind in ("/Font", "/XObject"):
        entries = resources.get(kind, DictionaryObject()).get_object()
        for name in entries if isinstance(entries, DictionaryObject) else ():
            if isinstance(entry := entries[name], DictionaryObject):
                yield entry


def _borrows(entry: DictionaryObject) -> bool:
    """Tell whether a form, or a font made of content, uses the page's resources: of some old PDFs they do."""
    return entry.get("/Subtype") in ("/Form", "/Type3") and "/Resources" not in entry
