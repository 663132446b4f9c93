"""The demos: one of each workflow, and one of PDFs, all with the interface in ``contract.py``."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from local.demos.approval import Approval
from local.demos.contract import Demo, UsageError
from local.demos.documents import Documents
from local.demos.pdf_pages import PdfPages, is_pdf
from local.demos.workers import Workers


def _of_documents(environment: Mapping[str, str]) -> Demo:
    given = environment.get("DOCUMENT")
    return PdfPages(environment) if given and is_pdf(Path(given)) else Documents(environment)


DEFAULT = "documents"
DEMOS: Mapping[str, Callable[[Mapping[str, str]], Demo]] = {
    "documents": _of_documents,
    "direct": partial(Workers, "direct", "in the payload of a function"),
    "queue": partial(Workers, "queue", "in an SQS message"),
    "topic": partial(Workers, "topic", "in an SNS notification"),
    "approval": Approval,
}


def asked(environment: Mapping[str, str]) -> Demo:
    """Return the demo that ``WORKFLOW`` names, made for the other variables.

    Raises:
        UsageError: there is no such workflow, or a variable of its own is wrong.
        OSError: ``DOCUMENT`` cannot be read.
    """
    workflow = environment.get("WORKFLOW") or DEFAULT
    if workflow not in DEMOS:
        raise UsageError(f"There is no workflow {workflow!r}: WORKFLOW is one of {', '.join(DEMOS)}.")
    return DEMOS[workflow](environment)
