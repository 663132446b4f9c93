"""What every command has in common: options, exit codes, errors; and that no secret is in what it prints."""

import re
from pathlib import Path

import boto3
import pytest
import typer
from botocore.exceptions import ClientError

from sfn_callback.aws import clients, session
from sfn_callback_operator import aws, cli, commands, errors
from sfn_callback_operator.jobs import approvals
from testing.environment import ENVIRONMENT, TABLE
from testing.secrecy import leaks, overheard
from testing.task_tokens import refusal
from tests.operator.conftest import Desk, package

SECRET = "AQCEAAAAKgAAAAMAAAAAAAAAAZ3u/9rT+kQfJ2mZ8xW1hV7cN4bY6gL0pS5dX3aE=="
COMMANDS = [str(command.name) for command in cli.app.registered_commands]
COMMON = ("--name", "-n", "--region", "--profile", "--endpoint-url", "--output", "--help")


def test_each_command_is_a_file_named_as_it_is_typed() -> None:
    modules = [command.callback.__module__ for command in cli.app.registered_commands if command.callback]
    assert modules == [f"sfn_callback_operator.commands.{name}" for name in COMMANDS]
    files = {path.stem for path in Path(commands.__path__[0]).glob("*.py")}
    assert files == {*COMMANDS, "options", "__init__"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert cli.main([command, "--help"]) == 0
    assert f"$ sfn-callback {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_every_option_that_it_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    parser = typer.main.get_command(cli.app).commands[command]  # type: ignore[attr-defined]
    taken = [option for option in parser.params if option.param_type_name == "option"]
    flags = {flag for option in taken for flag in (*option.opts, *option.secondary_opts)}
    assert cli.main([command, "--help"]) == 0
    told = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", capsys.readouterr().out)
    assert {*flags, *COMMON} - set(told) == set()


def test_help_breaks_no_line_that_fits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert cli.main(["doctor", "--help"]) == 0
    assert "packages, permissions, the bucket's notification" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_what_there_is(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_SFN_CALLBACK_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    for name in ("_TYPER_COMPLETE_ARGS", "COMP_WORDS"):
        monkeypatch.setenv(name, "sfn-callback jobs --status FA")
    monkeypatch.setenv("COMP_CWORD", "3")
    cli.main([])
    offered = capsys.readouterr().out
    assert ("FAILED" in offered, "RUNNING" in offered) == (True, False)


def test_help_tells_the_exit_codes_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    told = set(re.findall(r"^ (\d+)  [A-Za-z]", capsys.readouterr().out, re.MULTILINE))
    used = {
        errors.UNWELL,
        errors.USAGE,
        errors.NOT_FOUND,
        errors.DENIED,
        errors.UNAVAILABLE,
        errors.REFUSED,
        errors.LATE,
    }
    assert {int(code) for code in told} == {0, 130, *used}


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "--output=json", "-n", "docs"),
        ("jobs", "--output=json", "-ndocs"),
        ("jobs", "-andocs", "--output", "json"),
        ("-ndocs", "--output", "json", "jobs"),
        ("--name=docs", "jobs", "--output", "json"),
        ("--output", "table", "-n", "others", "jobs", "--name", "docs", "--output", "json"),
    ],
)
def test_options_of_every_command_stand_before_or_after_it_and_the_latter_wins(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_NAME", "nothing")
    monkeypatch.setenv("SFN_CALLBACK_OUTPUT", "table")
    assert cli.main([*arguments]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_where_nothing_is_typed_the_environment_counts(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_NAME", "docs")
    monkeypatch.setenv("SFN_CALLBACK_OUTPUT", "json")
    assert cli.main(["jobs"]) == 0
    assert capsys.readouterr().out == "[]\n"
    monkeypatch.setenv("SFN_CALLBACK_OUTPUT", "xml")
    assert cli.main(["jobs"]) == 2


def test_a_value_that_looks_like_an_option_of_every_command_stays_where_it_is(desk: Desk) -> None:
    arn = desk.approval()
    assert desk.run("approve", "--comment", "--name", arn).code == 0
    ((_, _, answer),) = desk.machine.verdicts
    assert answer["comment"] == "--name"


def test_the_only_deployment_needs_no_name(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["jobs"]) == 0
    assert "Nothing of docs is open." in capsys.readouterr().out


def test_of_several_deployments_one_must_be_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.functions.create_function(
        FunctionName="orders-process",
        Runtime="python3.13",
        Role=boto3.client("iam").get_role(RoleName="docs")["Role"]["Arn"],
        Handler="sfn_callback.handlers.process.handler",
        Code={"ZipFile": package()},
        Environment={"Variables": ENVIRONMENT},
    )
    assert cli.main(["jobs"]) == 2
    assert "docs, orders" in capsys.readouterr().err


def test_a_deployment_that_is_not_there_is_said_with_those_that_are(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["-n", "dogs", "jobs"]) == 3
    assert "but docs" in capsys.readouterr().err


def test_the_functions_settings_replace_those_of_the_shell(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_CALLBACK_TABLE", "somebody-elses")
    monkeypatch.setenv("SFN_CALLBACK_MAX_CHUNKS", "no number")
    assert desk.run("jobs").code == 0
    from sfn_callback import settings

    assert settings.current().table == TABLE


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["jobs", "--endpoint-url", "nonsense"], 2, "'nonsense' is not an endpoint"),
        (["jobs", "--region", "not a region"], 2, "not a region"),
        (["jobs", "--profile", "nosuch"], 4, "could not be found. Name a profile"),
        (["start", "s3://"], 2, "s3:// is not a document's name"),
        (["start", "s3://bucket"], 2, "is not a document's name"),
        (["start", "documents/"], 2, "is not a document's name"),
        (["start", "x" * 300], 3, "File name too long"),
    ],
)
def test_a_mistake_has_a_sentence_and_starts_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, says: str
) -> None:
    # Real clients, for which the region counts, ask nobody here.
    monkeypatch.setattr(clients, "functions", lambda: session.client("lambda"))
    ran = desk.run(*arguments)
    assert (ran.code, desk.machine.executions) == (code, {})
    assert says in ran.err


def test_a_refusal_of_aws_has_a_sentence_and_its_exit_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise refusal("ListExecutions", "AccessDeniedException")

    monkeypatch.setattr(desk.machine, "list_executions", refuse)
    ran = desk.run("jobs")
    assert ran.code == 4
    assert ran.err.startswith("sfn-callback: ")
    assert "Traceback" not in ran.err


def test_a_bug_of_ours_is_not_dressed_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.machine, "list_executions", lambda **_: {})
    with pytest.raises(KeyError):
        desk.run("jobs")


def test_a_file_that_is_not_there_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    ran = desk.run("start", str(tmp_path / "nothing.txt"))
    assert (ran.code, "There is no file" in ran.err) == (3, True)


def test_region_profile_and_endpoint_reach_every_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    aws.configure(aws.Options(region="eu-west-1", endpoint_url="https://other.example"))
    metas = [clients.s3().meta, aws.client("sqs").meta]
    assert {meta.region_name for meta in metas} == {"eu-west-1"}
    assert {meta.endpoint_url for meta in metas} == {"https://other.example"}


def test_no_token_and_no_link_is_in_anything_that_is_printed(desk: Desk) -> None:
    job = desk.job(token=SECRET)
    desk.approval(SECRET[::-1])
    (approval_id,) = approvals.ids()
    mark = desk.mark()
    printed = ""
    with overheard(debug=True) as logged:
        for command in (
            ["jobs"], ["jobs", "--all"], ["show", job], ["show", mark], ["show", approval_id], ["doctor"],
            ["heartbeat", job], ["heartbeat", mark], ["redrive", job, "--no-wait"], ["resume", job, "-y"],
            ["fail", mark, "-y"], ["approve", mark], ["cancel", job, "-y"], ["restart", job],
            ["timeline", "run-1", "-o", "-"], ["result", job], ["result", "d.txt"],
        ):  # fmt: skip
            for output in ("table", "json"):
                ran = desk.run(*command, "--output", output)
                printed += ran.out + ran.err
    assert job in printed
    for secret in (SECRET, SECRET[::-1], approval_id):
        assert leaks(secret, printed) == []
    assert leaks(SECRET, "\n".join(logged)) == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidToken", "TaskDoesNotExist", "ThrottlingException"])
def test_no_token_is_in_what_is_said_of_a_refusal(desk: Desk, code: str, no_pauses: list[float]) -> None:
    job = desk.job(token=SECRET)
    desk.machine.refusals = [code] * 20
    ran = desk.run("resume", job, "-y")
    assert ran.code in (4, 5, 6)
    assert leaks(SECRET, ran.out + ran.err) == []


def test_a_refusal_that_quotes_a_token_is_not_repeated() -> None:
    quoting = ClientError({"Error": {"Code": "AccessDenied", "Message": f"'{SECRET}'"}}, "SendTaskSuccess")
    assert SECRET not in str(errors.to_operator_error(quoting))
