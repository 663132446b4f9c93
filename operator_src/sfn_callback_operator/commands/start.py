"""``start``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sfn_callback_operator.actions import document_options, downloads, follow, starts
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Timeout, To, Wait
from sfn_callback_operator.deployment import WORKFLOWS, Deployment
from sfn_callback_operator.errors import USAGE, OperatorError, not_found
from sfn_callback_operator.jobs import documents
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.poll_timer import PollTimer
from sfn_callback_operator.jobs.results import MERGING
from sfn_callback_operator.output import screen

_DOCUMENT = "File, key under documents/, or s3:// URL."
_WORKFLOW = (
    f"Workflow to start with --input: {', '.join(WORKFLOWS)}. With a key: documents or parts, whatever its size."
)
_OPTION = "Option for the workload; repeatable. NAME:=JSON if the document is in the bucket."


def start(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    document: Annotated[str | None, typer.Argument(metavar="DOCUMENT", help=_DOCUMENT)] = None,
    given: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="JSON|@FILE", help="Input of the execution, instead of a document."),
    ] = None,
    workflow: Annotated[str | None, options.workflow(_WORKFLOW)] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="Key of the uploaded file under documents/.")] = None,
    option: Annotated[list[str] | None, typer.Option(metavar="NAME=TEXT", help=_OPTION)] = None,
    wait: Wait = False,
    to: To = None,
    timeout: Timeout = None,
) -> None:
    """Start a workflow with a document or an input.

    [dim]$ sfn-callback start report.txt --option language=de --wait -o report.json

    $ sfn-callback start documents/report.txt --option pages:=3

    $ sfn-callback start --workflow direct --input '{"done_chance": 1}' --wait[/dim]
    """
    patience = options.patience(timeout, wait=wait)
    if to is not None and not wait:
        raise OperatorError("-o fetches the merged result, which does not exist yet: add --wait.", USAGE)
    as_json = options.chosen(context).as_json
    downloads.checked(to, as_json=as_json)
    deployment = options.opened(context)
    if (document is None) == (given is None):
        raise OperatorError("Name a document, or give an --input.", USAGE)
    if given is not None:
        if option:
            raise OperatorError("--option is only for a document: put it into the --input.", USAGE)
        content = _read(given)
        workflow = workflow or _only(deployment, content)
        options.expect_merge(to, workflow)
        begun = starts.begin(deployment, workflow, content)
    else:
        if workflow not in (None, *MERGING):
            raise OperatorError(f"A document is for the workflow documents: {workflow} takes an --input.", USAGE)
        begun = _begin_document(deployment, document or "", key, option or [], workflow, patience)
    follow.from_its_start(deployment, begun, patience, wait=wait, as_json=as_json, to=to)


def _begin_document(  # noqa: PLR0913, PLR0917 - what the command was told
    deployment: Deployment,
    document: str,
    key: str | None,
    option: list[str],
    workflow: str | None,
    patience: PollTimer,
) -> Execution:
    starts.machine_of(deployment, "documents")
    path = Path(document)
    if path.is_file():
        user_metadata = document_options.for_file(option)
        by_size = starts.workflow_of(deployment, path.stat().st_size)
        if workflow not in (None, by_size):
            says = f"The size of an uploaded file chooses its workflow, which is {by_size} here: leave out --workflow,"
            raise OperatorError(f"{says} or upload it first and name its key.", USAGE)
        with screen.working(f"Uploading {path.name}"):
            at = starts.upload(deployment, path, key, user_metadata)
        screen.say(f"Uploaded s3://{at.bucket}/{at.key}; waiting for its execution.")
        return starts.begun_by(deployment, at, by_size, patience)
    if not documents.is_named(document):
        raise not_found(f"There is no file {document!r}, and it is not a key under documents/.")
    at = documents.named(deployment, document, document_options.for_input(option))
    document_options.checked(at)
    return starts.begin(deployment, workflow or starts.workflow_at(deployment, at), at.as_input())


def _only(deployment: Deployment, content: Any) -> str:
    if deployment.machines.keys() == {*MERGING}:
        return starts.workflow_for(deployment, content)
    return starts.only(deployment, "Which workflow is the --input for? Name one with --workflow")


def _read(given: str) -> Any:
    try:
        return json.loads(Path(given[1:]).read_text() if given.startswith("@") else given)
    except OSError as error:
        raise not_found(f"{given[1:]!r} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise OperatorError(f"The --input is not JSON: {error}.", USAGE) from None
