import pytest

from sfn_callback import memory

MB = 1024 * 1024


@pytest.mark.parametrize(("function_mb", "whole"), [("128", 32 * MB), ("3008", 752 * MB), (None, 128 * MB)])
def test_a_chunk_may_take_a_quarter_of_the_functions_memory(
    function_mb: str | None, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if function_mb:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function_mb)
    assert memory.whole_bytes() == whole
