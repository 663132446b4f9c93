"""Texts of strangers, such as what a workload raises: of any length, of any characters, or none that can be had."""


def cut(text: object, limit: int) -> str:
    """Return text of at most ``limit`` bytes of UTF-8, whatever it is made of."""
    return str(text).encode(errors="replace")[:limit].decode(errors="ignore")


def own_message(problem: BaseException) -> str | None:
    """Return an error's message, ``None`` where it cannot say one."""
    try:
        return str(problem)
    except Exception:
        return None


def message(problem: BaseException) -> str:
    """Return an error's message, also where it cannot say one."""
    text = own_message(problem)
    return "This error cannot be shown: its str() fails." if text is None else text


def name(problem: BaseException) -> str:
    """Return the name by which an error is known to Lambda and to a state's ``Catch``: its class's."""
    return type(problem).__name__
