import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.contract import About, Source
from sfn_callback.documents import metadata
from sfn_callback.errors import MetadataTooLarge

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def test_a_plain_text_stays_as_it_is() -> None:
    assert metadata.encode({"document": "documents/annual report +1%.pdf"}) == {
        "document": "documents/annual report +1%.pdf"
    }


@pytest.mark.parametrize("text", ["größe", " a", "a ", "a  b", "a\nb", "=?UTF-8?B?eA==?=", "\x7f"])
def test_what_http_would_change_is_an_encoded_word(text: str) -> None:
    encoded = metadata.encode({"name": text})["name"]
    assert encoded.isascii()
    assert encoded.startswith("=?UTF-8?B?")


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    encoded = metadata.encode({"name": text})["name"]
    assert encoded == encoded.strip()
    assert encoded.isascii()
    assert encoded.isprintable()
    assert metadata.decode(encoded) == text


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("=?UTF-8?Q?gr=C3=B6=C3=9Fe_2?=", "größe 2"),
        ("=?utf-8?b?Z3LDtg==?= =?UTF-8?B?w59l?=", "größe"),
        ("=?UTF-8?B?!?=", "=?UTF-8?B?!?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("=?ISO-8859-1?Q?x?=", "=?ISO-8859-1?Q?x?="),
        ("a =?UTF-8?B?eA==?=", "a =?UTF-8?B?eA==?="),
        ("", ""),
    ],
)
def test_an_encoded_word_of_others_is_read_and_what_is_none_is_left(encoded: str, text: str) -> None:
    assert metadata.decode(encoded) == text


def test_two_kilobytes_fit_and_one_byte_more_is_refused() -> None:
    assert metadata.encode({"a": "x" * 1_000, "b": "x" * 1_046})
    with pytest.raises(
        MetadataTooLarge, match=r"has 2,049 bytes; S3 takes at most 2,048.*'b' with 1,047 and 'a' with 1,000"
    ):
        metadata.encode({"a": "x" * 1_000, "b": "x" * 1_047})


def test_empty_texts_are_left_out() -> None:
    assert metadata.of_chunk(About(Source("b", "k"))) == {"bucket": "b", "document": "k"}


def test_what_is_kept_beside_a_chunk_is_read_again() -> None:
    about = About(Source("b", "größe", "v"), {"a": [1, None, "ü"]}, "page 1", {"page": 1}, "text/plain")
    assert metadata.about(metadata.of_chunk(about), "text/plain") == about
