import io
import random
from typing import Any

from proof.chaos import texts
from sfn_callback import demo


def chunks(text: texts.Text) -> list[bytes]:
    document: Any = type("Opened", (io.BufferedReader,), {"options": {}})(io.BytesIO(text.body))
    return list(demo.split(document))


def test_each_paragraph_is_a_chunk_and_a_third_of_them_fail_once() -> None:
    text = texts.write("text.txt", 30, random.Random(7))
    made = chunks(text)
    assert (len(made), text.chunks) == (30, 30)
    assert sum(chunk.startswith(b"!once\n") for chunk in made) == text.once == 10


def test_the_package_merges_what_was_counted_while_writing() -> None:
    text = texts.write("text.txt", 30, random.Random(7))
    # Without the lines that make trouble, which are not counted.
    results = [demo.process(chunk.partition(b"\n")[2]) for chunk in chunks(text)]
    assert demo.merge(results).body == text.merged


def test_a_chunk_that_is_lost_or_counted_twice_shows() -> None:
    text = texts.write("text.txt", 30, random.Random(7))
    results = [demo.process(chunk.partition(b"\n")[2]) for chunk in chunks(text)]
    assert text.merged not in (demo.merge(results[1:]).body, demo.merge([*results, results[0]]).body)
