"""The ended executions in the list of ``jobs``: the failed first, and the newest of each workflow and status."""

from collections.abc import Mapping, Sequence

from sfn_callback import settings
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.jobs import causes, executions, families, open_jobs, outcomes, parents
from sfn_callback_operator.jobs.executions import Execution, Listed
from sfn_callback_operator.jobs.families import PAGE, Families
from sfn_callback_operator.jobs.open_jobs import ROWS, Page, Wanted
from sfn_callback_operator.jobs.open_rows import Read
from sfn_callback_operator.jobs.positions import Position
from sfn_callback_operator.jobs.results import MERGING
from sfn_callback_operator.jobs.rows import Row, with_parts

LOOKED_AT = 200
"""Executions whose error is looked at for a page: a request each, and half of what an account has at once."""


def page(deployment: Deployment, wanted: Wanted, status: str | None = None) -> Page[Row]:
    """Return a page of them."""
    limit, read = wanted.limit or ROWS, Read()
    matches, cut, of_parents = _ended(deployment, wanted, limit, status)
    looked_at = matches if wanted.error is None else _with_error(matches, wanted, read, limit)
    shown = open_jobs.chosen(looked_at, of_parents, limit, wanted)
    each = [one for row in shown for one in (row.one, *row.parts)]
    read.read(each)
    failed = [read.at[one.arn] for one in each if one.workflow in MERGING and one.status != "SUCCEEDED"]
    made_good = outcomes.made_good([name for at in failed if (name := at.job_name)])
    below = [[_row(part, read.at[part.arn], made_good) for part in row.parts] for row in shown]
    tops = [_row(row.one, read.at[row.one.arn], made_good) for row in shown]
    rows = [with_parts(top, parts, row.more) for top, parts, row in zip(tops, below, shown, strict=True)]
    if wanted.error is not None and len(shown) < limit:
        return Page(rows, _not_looked_at(matches, read))
    return Page(rows, open_jobs.beyond(len(shown), len(matches), status or "ended", cut=cut, oldest=False))


def names(deployment: Deployment, wanted: Wanted, status: str | None = None) -> Page[str]:
    """Return the names of all of them; no history is read for it, unless they are to have an error."""
    matches, cut, _ = _ended(deployment, wanted, wanted.limit, status)
    if wanted.error is not None:
        matches = _with_error(matches, wanted, Read(), wanted.limit)
    several, shown = open_jobs.several(matches), matches[: wanted.limit]
    labels = [one.arn if one.name in several else one.name for one in shown]
    return Page(labels, open_jobs.beyond(len(shown), len(matches), status or "ended", cut=cut, oldest=False))


def _ended(
    deployment: Deployment, wanted: Wanted, limit: int | None, status: str | None
) -> tuple[list[Execution], bool, Families]:
    """Return what has ended, the failed first and the newest first, whether there is more, and parts."""
    statuses = [one for one in executions.ENDED if status in (None, one) and not (wanted.error and one == "SUCCEEDED")]
    # The newest may all be among those that are left out afterwards.
    most = limit if wanted.error is None and not wanted.older_than else None
    if most is not None and parents.WORKFLOW in deployment.machines:
        # As many as one request lists: most may be parts.
        most = max(most, PAGE)
    listed = [families.listed(deployment, one, wanted.workflow, most) for one in statuses]
    each = [one for some in listed for one in some.executions]
    # Their parents may be among what is open, and listed with that.
    there = Listed([*each, *(_open_parents(deployment) if wanted.every and status is None else ())])
    of_parents = families.of(each, there)
    nested = of_parents.nested
    matches = [one for one in each if one.arn not in nested and wanted.fits(one)]
    matches.sort(key=lambda one: (one.status == "SUCCEEDED", -(one.stopped or one.started).timestamp()))
    return matches, any(some.cut for some in listed), of_parents


def _open_parents(deployment: Deployment) -> list[Execution]:
    if parents.WORKFLOW not in deployment.machines:
        return []
    return executions.listed(deployment, executions.OPEN, workflow=parents.WORKFLOW).executions


def _with_error(matches: Sequence[Execution], wanted: Wanted, read: Read, limit: int | None) -> list[Execution]:
    """Return those that have ended with the error, up to one more than the limit."""
    candidates = matches[:LOOKED_AT] if wanted.thrifty and not wanted.names else matches
    fitting: list[Execution] = []
    for begin in range(0, len(candidates), ROWS):
        some = candidates[begin : begin + ROWS]
        read.read(some)
        fitting += [one for one in some if read.at[one.arn].ending.get("error") == wanted.error]
        if limit is not None and len(fitting) > limit:
            break
    return fitting


def _not_looked_at(matches: Sequence[Execution], read: Read) -> str:
    if not (left := len(matches) - len(read.at)):
        return ""
    return f"{left:,} more have ended, but were not checked: --all checks all of them, --limit N shows N."


def _row(one: Execution, position: Position, made_good: Mapping[str, str]) -> Row:
    key = made_good.get(position.job_name or "")
    good = f"s3://{settings.current().bucket}/{key}" if key else None
    return Row(one, position, None, None, f"made good: {good}" if good else _ending(position), made_good=good)


def _ending(position: Position) -> str:
    ending = position.ending
    if why := causes.sentence(ending.get("error"), ending.get("cause")):
        return why
    output = executions.output(ending)
    where = output.get("result") if isinstance(output, dict) else None
    return f"s3://{where['bucket']}/{where['key']}" if isinstance(where, dict) and {"bucket", "key"} <= {*where} else ""
