"""Which demo is meant, by the variables of the shell or of make.

There is one of each workflow, one of PDFs, and one of a durable function.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from demo.approval import Approval
from demo.contract import Demo, UsageError, readable
from demo.documents import Documents
from demo.durable import Durable
from demo.pdf_pages import PdfPages, is_pdf
from demo.workers import Workers


def _of_documents(environment: Mapping[str, str]) -> Demo:
    given = environment.get("DOCUMENT")
    return PdfPages(environment) if given and is_pdf(readable(given)) else Documents(environment)


DEFAULT = "documents"
DEMOS: Mapping[str, Callable[[Mapping[str, str]], Demo]] = {
    "documents": _of_documents,
    "direct": partial(Workers, "direct", "in the payload of a function"),
    "queue": partial(Workers, "queue", "in an SQS message"),
    "topic": partial(Workers, "topic", "in an SNS notification"),
    "approval": Approval,
    "durable": Durable,
}


_WORKERS = ("direct", "queue", "topic")
# Each is a variable of the shell, or of make; and the workflows that know what to do with it.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "WORKFLOW": tuple(DEMOS),
    "DOCUMENT": ("documents",),
    "TASK": _WORKERS,
    "APPROVE": ("approval", "durable"),
    "KEEP": tuple(DEMOS),
}


def asked(environment: Mapping[str, str], given: Iterable[str] = ()) -> Demo:
    """Return the demo that ``WORKFLOW`` names, made for the other variables.

    ``given`` are the names that were typed, which may be none that exists.

    Raises:
        UsageError: there is no such workflow or option, or an option is wrong, or is another workflow's.
    """
    for name in given:
        if name not in OPTIONS:
            raise UsageError(f"The demo has no option {name}; its options are {', '.join(OPTIONS)}.")
    workflow = environment.get("WORKFLOW") or DEFAULT
    if workflow not in DEMOS:
        raise UsageError(f"WORKFLOW={workflow} is not valid: use one of {', '.join(DEMOS)}.")
    for name, workflows in OPTIONS.items():
        if environment.get(name) and workflow not in workflows:
            others = " or ".join(f"WORKFLOW={other}" for other in workflows)
            raise UsageError(f"The workflow {workflow} has no option {name}: leave it out, or use {others}.")
    return DEMOS[workflow](environment)
