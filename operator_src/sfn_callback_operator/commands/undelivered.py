"""``undelivered``."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from sfn_callback.aws import clients
from sfn_callback_operator.actions.undelivered_queue import Message, Queue, without_secrets
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Yes
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import UNWELL, USAGE, OperatorError, not_found
from sfn_callback_operator.output import screen

Names = Annotated[list[str] | None, typer.Argument(metavar="MESSAGE", help="Message ids, as in the first column.")]


def undelivered(  # noqa: PLR0913, PLR0917 - one for each option
    context: typer.Context,
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", "-a", help="All messages; needs --replay or --delete.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Send them to their destinations again.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete them.")] = False,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Maximum number of messages to list.")] = 100,
    yes: Yes = False,
) -> None:
    """List, show, resend or delete messages that no function handled.

    Every attempt at these messages failed; a queue keeps them for 14 days. Task tokens are not shown.

    [dim]$ sfn-callback undelivered

    $ sfn-callback undelivered 1a2b3c4d

    $ sfn-callback undelivered --all --replay[/dim]
    """
    names = names or []
    _expect_clear(names, every, replay, delete)
    deployment = options.opened(context)
    queue = Queue(deployment)
    if every:
        _all(deployment, queue, replay=replay, yes=yes)
        return
    # To find one message, all have to be read.
    messages = queue.messages(None if names or options.chosen(context).as_json else limit)
    try:
        meant = [_named(messages, name) for name in names] or messages
        if delete:
            options.confirmed(deployment, f"Delete {screen.counted(len(meant), 'message')}?", yes)
        if replay or delete:
            _do(queue, meant, len(meant), replay=replay)
        else:
            _tell(context, deployment, queue, meant, whole=bool(names))
    finally:
        queue.release(messages)


def _all(deployment: Deployment, queue: Queue, *, replay: bool, yes: bool) -> None:
    count = queue.count()
    if not replay:
        options.confirmed(deployment, f"Delete all {screen.counted(count, 'message')}?", yes)
    # Finish each ten before asking for the next: no message stays hidden for long.
    _do(queue, queue.each(), count, replay=replay)


def _expect_clear(names: list[str], every: bool, replay: bool, delete: bool) -> None:
    if replay and delete:
        raise OperatorError("--replay and --delete are mutually exclusive.", USAGE)
    if every and names:
        raise OperatorError("Name messages or pass --all, not both.", USAGE)
    if (replay or delete) and not (every or names):
        raise OperatorError("Which messages? Name them, or pass --all.", USAGE)
    if every and not (replay or delete):
        raise OperatorError("--all needs --replay or --delete; without these, all messages are listed anyway.", USAGE)


def _named(messages: list[Message], name: str) -> Message:
    meant = [message for message in messages if message.id.startswith(name)]
    if not meant:
        raise not_found(
            f"There is no message {name}: it is wrong, was handled meanwhile, or somebody else is listing it."
        )
    if len(meant) > 1:
        raise OperatorError(f"{len(meant)} messages begin with {name}: give more of its id.", USAGE)
    return meant[0]


def _do(queue: Queue, messages: Iterable[Message], count: int, *, replay: bool) -> None:
    done, problems, left = 0, list[str](), list[Message]()
    with screen.bar() as bar:
        task = bar.add_task("messages", total=count, more="")
        for message in messages:
            try:
                (queue.replay if replay else queue.delete)(message)
                done += 1
            except OperatorError as error:
                left, problems = [*left, message], [*problems, str(error)]
            except clients.ERRORS as error:
                left, problems = [*left, message], [*problems, f"{message.id}: AWS refused {clients.described(error)}."]
            bar.advance(task)
    queue.release(left)
    what = screen.counted(done, "message")
    screen.say(f"Sent {what} again." if replay else f"Deleted {what}.")
    if problems:
        raise OperatorError("\n".join(["Not done, and still there:", *problems]), UNWELL)


def _tell(
    context: typer.Context, deployment: Deployment, queue: Queue, messages: list[Message], *, whole: bool
) -> None:
    rows = [_row(one) | ({"content": without_secrets(one.content)} if whole else {}) for one in messages]
    if whole or options.chosen(context).as_json:
        screen.write_json(rows[0] if whole and len(rows) == 1 else rows)
    elif rows:
        ages = [screen.duration(screen.ago(one.since)) for one in messages]
        cells = [(one.id[:8], age, one.about, one.addressee, one.why) for one, age in zip(messages, ages, strict=True)]
        screen.table(("message", "age", "about", "was to go to", "why"), cells)
        if (more := queue.count() - len(rows)) > 0:
            screen.say(f"About {more:,} more: see --limit.")
    else:
        screen.answer(f"{deployment.name} has no undelivered messages.")


def _row(one: Message) -> dict[str, Any]:
    return {"message": one.id, "since": one.since, "about": one.about, "to": one.addressee, "why": one.why}
