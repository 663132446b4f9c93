from demo import sample


def test_the_text_has_a_few_hundred_paragraphs_and_is_the_same_every_time() -> None:
    assert sample.text() == sample.text()
    assert len(sample.text().split("\n\n")) == sample.PARAGRAPHS >= 200


def test_of_the_failing_text_one_paragraph_fails() -> None:
    assert [paragraph.startswith("!fail\n") for paragraph in sample.failing().split("\n\n")] == [False, True, False]
