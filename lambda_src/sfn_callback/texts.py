"""Texts from outside, such as a workload's errors: of any length and any characters, or without a usable message."""


def cut(text: object, limit: int) -> str:
    """Return the text cut to at most ``limit`` bytes of UTF-8."""
    return str(text).encode(errors="replace")[:limit].decode(errors="ignore")


def own_message(problem: BaseException) -> str | None:
    """Return an error's message, ``None`` if its ``str()`` fails."""
    try:
        return str(problem)
    except Exception:
        return None


def message(problem: BaseException) -> str:
    """Return an error's message, or a substitute if its ``str()`` fails."""
    text = own_message(problem)
    return "This error cannot be shown: its str() fails." if text is None else text


def name(problem: BaseException) -> str:
    """Return the name by which an error is known to Lambda and to a state's ``Catch``: its class's."""
    return type(problem).__name__
