"""``result``."""

from typing import Annotated

import typer

from sfn_callback_operator.actions import downloads
from sfn_callback_operator.commands import options
from sfn_callback_operator.jobs import results
from sfn_callback_operator.output import screen

_WHICH = "Job id, execution name or ARN, name of an uploaded file, key with or without documents/, or s3:// URL."


def result(
    context: typer.Context,
    job: Annotated[str, options.job(_WHICH, "JOB|DOCUMENT")],
    to: Annotated[str | None, typer.Option("--to", "-o", metavar="FILE", help="Write to FILE; - for stdout.")] = None,
    beside: Annotated[
        str | None, typer.Option(metavar="NAME", help="Fetch the object that merge() wrote beside the result as NAME.")
    ] = None,
) -> None:
    """Fetch the merged result of a job, or the latest one of a document.

    Without -o it is printed; --output json prints only its type, size and location. Exit code 7 if it is not merged
    yet, 1 if the job has failed.

    [dim]$ sfn-callback result report.txt -o report.json

    $ sfn-callback result 20260131T235959Z-0123456789ab | jq .words

    $ sfn-callback result report.txt --beside pages.csv -o pages.csv[/dim]
    """
    as_json = options.chosen(context).as_json
    downloads.checked(to, as_json=as_json)
    merged = results.named(options.opened(context), job)
    if beside is not None:
        merged = results.beside(merged, beside)
    report = downloads.deliver(merged, to, as_json=as_json)
    if as_json:
        screen.write_json(report)
