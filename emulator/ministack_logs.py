"""What a filter pattern finds in log groups, as AWS has it.

Of terms that begin with a ``?`` a line must have one, and not all:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html. MiniStack takes the ``?`` as part
of the term, and finds nothing.
"""

import re
from collections.abc import Callable

from ministack.services import cloudwatch_logs

from emulator.patches import replace, theirs

_compile = theirs(cloudwatch_logs, "_compile_filter_pattern")
_OPTIONAL = re.compile(r'\?(?:"([^"]*)"|(\S+))')


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(cloudwatch_logs, "_compile_filter_pattern", _compile_with_options)


def _compile_with_options(raw: str) -> Callable[[str], bool]:
    if not _OPTIONAL.fullmatch(raw.partition(" ")[0]):
        matches: Callable[[str], bool] = _compile(raw)
        return matches
    terms = [quoted or bare for quoted, bare in _OPTIONAL.findall(raw)]
    return lambda message: any(term in message for term in terms)
