"""How much of the function's memory may hold data that is read ahead or waits for its upload.

Lambda says how much there is: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
(AWS_LAMBDA_FUNCTION_MEMORY_SIZE). ``make bench ONLY=streams`` measures what is used in the end.
"""

import os

_MB = 1024 * 1024
_ELSEWHERE_MB = 512
_MOST = 16 * _MB
"""More makes nothing faster: it is what a function's network takes in a fifth of a second."""


def ahead_bytes() -> int:
    """Return how many bytes of chunks or results may be on their way at once; one of any size always may."""
    return min(_MOST, _function_bytes() // 20)


def whole_bytes() -> int:
    """Return up to how many bytes a chunk is read as bytes: there are two copies for a moment, and the workload's."""
    return _function_bytes() // 4


def _function_bytes() -> int:
    return int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", _ELSEWHERE_MB)) * _MB
