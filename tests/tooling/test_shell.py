"""Nothing of the shell that the demo and the tests are started in reaches them, but for what they need."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo import run
from emulator import aws
from emulator.aws import LocalAws
from tests.readme import ROOT
from tools import shell, toolchain
from tools.terraform import Root

HOSTILE = {
    name: f"hostile:{name}"
    for name in (
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SFN",
        "AWS_CA_BUNDLE",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_DEFAULT_OUTPUT",
        "AWS_CONFIG_FILE",
        "SFN_CALLBACK_NAME",
        "SFN_CALLBACK_REGION",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PYTEST_ADDOPTS",
        "TF_VAR_name",
        "TF_VAR_force_destroy",
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_apply",
        "TF_DATA_DIR",
        "TF_WORKSPACE",
        "TF_LOG",
        "GIT_DIR",
        "PIP_TARGET",
    )
} | {"PYTHONPATH": "/hostile:PYTHONPATH", "PYTHONHOME": "/hostile:PYTHONHOME"}
PROXY_NAMES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")
PROXIES = dict.fromkeys(PROXY_NAMES, "http://hostile.invalid:9")

DUMP = """#!/bin/sh
env > "{folder}/$1.env"
test -n "$TMPDIR" && touch "$TMPDIR/plugin-socket"
exit 0
"""


def hostile(environment: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items() if "hostile" in value]


def dumped(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def test_a_program_that_speaks_with_the_local_aws_gets_none_of_it() -> None:
    ours = shell.clean({**HOSTILE, **PROXIES, "PATH": "/bin", "HOME": "/home/me", "LC_ALL": "C.UTF-8", "TERM": "xterm"})
    assert hostile(ours) == []
    assert ours == {**shell.NO_ACCOUNT, "PATH": "/bin", "HOME": "/home/me", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def test_what_fetches_gets_the_proxies_but_not_for_this_machine() -> None:
    ours = shell.fetching({**HOSTILE, **PROXIES, "NO_PROXY": ".corp", "PIP_INDEX_URL": "https://index/"})
    assert ours == {
        **PROXIES,
        "PIP_INDEX_URL": "https://index/",
        "NO_PROXY": ".corp,127.0.0.1,localhost",
        "no_proxy": ".corp,127.0.0.1,localhost",
    }


def test_a_process_that_seals_itself_keeps_none_of_it() -> None:
    # With a PYTHONHOME, this process would not even begin.
    given = {**os.environ, **{name: value for name, value in HOSTILE.items() if name != "PYTHONHOME"}}
    program = "import json, os; from tools import shell; shell.seal(); print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=given, capture_output=True, text=True, check=True
    )
    assert hostile(json.loads(done.stdout)) == []


def test_make_hands_none_of_it_on_and_what_it_is_asked_for() -> None:
    given = {**os.environ, **HOSTILE, "WORKFLOW": "direct", "BASH_FUNC_odd%%": "() { hostile; }"}
    command = ["make", "-s", "--eval", "probe: ; @env", "probe", "KEEP=no"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    ours = dumped(done.stdout)
    assert hostile(ours) == []
    assert (ours["WORKFLOW"], ours["KEEP"]) == ("direct", "no")
    assert {"PATH", "HOME"} <= ours.keys()


def test_the_tests_themselves_are_sealed() -> None:
    assert {name: os.environ.get(name) for name in shell.NO_ACCOUNT} == shell.NO_ACCOUNT
    assert "AWS_PROFILE" not in os.environ


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell of somebody with another account, by the environment and by the files in the home folder."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = us-east-9\nuse_fips_endpoint = true\n")
    for name, value in {**HOSTILE, **PROXIES, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))


def test_a_client_of_the_local_aws_reads_none_of_it(local_aws: LocalAws, mine: None) -> None:
    aws.session.cache_clear()
    assert local_aws.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "stateMachines" in local_aws.client("stepfunctions").list_state_machines()


Dumps = Callable[[str], dict[str, str]]


@pytest.fixture
def dumps(tmp_path: Path, mine: None, monkeypatch: pytest.MonkeyPatch) -> Dumps:
    """What the Terraform that is found was given, by its command."""
    program = tmp_path / "terraform"
    program.write_text(DUMP.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    monkeypatch.setenv("TERRAFORM", str(program))
    return lambda command: dumped((tmp_path / f"{command}.env").read_text())


def test_terraform_gets_the_proxies_to_install_a_provider_and_none_to_apply(dumps: Dumps, tmp_path: Path) -> None:
    root = Root(tmp_path, tmp_path / "work", shell.clean(os.environ), {})
    root.init()
    root.apply()
    root.destroy()
    assert {entry.split("=")[0] for entry in hostile(dumps("init"))} == PROXIES.keys()
    for command in ("apply", "destroy"):
        assert hostile(dumps(command)) == []
        assert dumps(command)["TF_DATA_DIR"] == str(tmp_path / "work" / "data")


def test_what_a_provider_leaves_among_the_temporary_files_is_gone(dumps: Dumps, tmp_path: Path) -> None:
    root = Root(tmp_path, tmp_path / "work", shell.clean(os.environ), {})
    root.init()
    root.apply()
    for command in ("init", "apply"):
        folder = dumps(command)["TMPDIR"]
        assert not Path(folder).exists()
        # A socket's path has 104 bytes at most, its own name included.
        assert len(f"{folder}/plugin1234567890") < 100


def test_the_terraform_of_make_gets_none_of_it(dumps: Dumps) -> None:
    given = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    subprocess.run([sys.executable, "-m", "tools.terraform", "validate"], cwd=ROOT, env=given, check=True)
    assert {entry.split("=")[0] for entry in hostile(dumps("validate"))} == PROXIES.keys()


@pytest.fixture
def exports(tmp_path: Path, capsys: Any) -> Path:
    """The file to source, in a folder whose name has a space."""
    folder = tmp_path / "a b"
    folder.mkdir()
    local = LocalAws({**shell.NO_ACCOUNT, "AWS_ENDPOINT_URL": "https://127.0.0.1:4566", "AWS_REGION": "x"}, 0, Path())
    run.show_how_to_go_on(local, [], folder)
    said = capsys.readouterr().out
    (line,) = (line for line in said.splitlines() if line.startswith(". "))
    (tmp_path / "typed").write_text(f"{line}\n")
    return tmp_path / "typed"


@pytest.mark.parametrize("name", ["sh", "bash"])
def test_a_shell_that_sources_what_was_kept_has_none_of_another_account(
    exports: Path, mine: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/hostile\nAWS_ODD=hostile")
    done = subprocess.run([name, "-euc", f"{exports.read_text()}env"], capture_output=True, text=True, check=True)
    ours = dumped(done.stdout)
    names = tuple(f"{prefix}_" for prefix in ("AWS", "SFN_CALLBACK", "PYTHON"))
    assert [entry for entry in hostile(ours) if entry.startswith(names)] == []
    assert not {"PYTHONPATH", "PYTHONHOME"} & ours.keys()
    assert ours["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4566"
    assert ours["no_proxy"].endswith(",127.0.0.1")
    # Version 2 of the AWS CLI would open a pager.
    assert ours["AWS_PAGER"] == ""


def test_the_aws_cli_is_told_the_endpoint_which_old_versions_do_not_read(exports: Path, tmp_path: Path) -> None:
    (tmp_path / "aws").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    program = f'{exports.read_text()}PATH={tmp_path}:"$PATH"\naws s3 ls "a b"'
    done = subprocess.run(["bash", "-ec", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["--endpoint-url", "https://127.0.0.1:4566", "s3", "ls", "a b"]
