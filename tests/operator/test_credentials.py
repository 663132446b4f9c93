"""Whatever botocore takes credentials from, the command takes them from: each provider, against a local AWS."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from sfn_callback.aws import clients
from sfn_callback_operator import aws as operator_aws
from sfn_callback_operator import cli
from tests.readme import ROOT
from tests.tooling.loopback import Quiet, serving

LATER = "2099-01-01T00:00:00Z"
STS = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>
<Credentials><AccessKeyId>AKIDSTS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::000000000000:assumed-role/r/s</Arn><AssumedRoleId>r:s</AssumedRoleId></AssumedRoleUser>
</{0}Result></{0}Response>"""


def key(name: str) -> dict[str, Any]:
    """Credentials as containers and instances are given them."""
    return {"Code": "Success", "AccessKeyId": name, "SecretAccessKey": "s", "Token": "t", "Expiration": LATER}


class Aws:
    """AWS as far as credentials go, and a Lambda that has no function: who asked, and with which access key."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.throttled = 0

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str, str]:
        signer = str(headers.get("Authorization") or "").partition("Credential=")[2].partition("/")[0]
        operation = parse_qs(body.decode())["Action"][0] if b"Action=" in body else f"{method} {urlsplit(path).path}"
        self.asked.append((operation, signer))
        if self.throttled:
            self.throttled -= 1
            return 400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", "text/xml"
        if operation.startswith("AssumeRole"):
            return 200, STS.format(operation), "text/xml"
        found = self._found(operation)
        return (200, found if isinstance(found, str) else json.dumps(found), "text/plain") if found else NO_FUNCTION

    def _found(self, operation: str) -> Any:
        role = {"accessKeyId": "AKIDSSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4_000_000_000_000}
        return {
            "GET /federation/credentials": {"roleCredentials": role},
            "POST /token": {"accessToken": "fresh", "expiresIn": 3600, "tokenType": "Bearer"},
            "GET /container": key("AKIDCONTAINER"),
            "PUT /latest/api/token": "session",
            "GET /latest/meta-data/iam/security-credentials/": "role",
            "GET /latest/meta-data/iam/security-credentials/role": key("AKIDINSTANCE"),
            "GET /2015-03-31/functions": {"Functions": []},
        }.get(operation.removesuffix("/") if "functions" in operation else operation)


NO_FUNCTION = (404, '{"Type": "User", "message": "Function not found"}', "application/json")


def handler(aws: Aws) -> type[BaseHTTPRequestHandler]:
    class Answers(Quiet):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, text, kind = aws.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.send_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
            if status == 404:
                self.send_header("x-amzn-errortype", "ResourceNotFoundException")
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = _do

    return Answers


class Person:
    """Somebody with an AWS configuration, and no credentials in the environment."""

    def __init__(self, home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.url, self._monkeypatch = home, url, monkeypatch

    def set(self, **environment: str) -> None:
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)

    def configure(self, text: str) -> None:
        (self.home / "config").write_text(text)

    def file(self, name: str, content: object) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def token(self, named: str, **more: str) -> None:
        """What ``aws sso login`` leaves: a file that is named by the SHA-1 of the session's name, or of its URL."""
        given = {"startUrl": "https://start.example", "region": "eu-central-1", "accessToken": "a", "expiresAt": LATER}
        self.file(f".aws/sso/cache/{hashlib.sha1(named.encode()).hexdigest()}.json", {**given, **more})


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def person(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with serving(handler(aws)) as at:
        person = Person(tmp_path, f"http://{at}", monkeypatch)
        person.set(
            HOME=str(tmp_path),
            AWS_CONFIG_FILE=str(tmp_path / "config"),
            AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"),
            AWS_ENDPOINT_URL=f"http://{at}",
            AWS_EC2_METADATA_DISABLED="true",
            no_proxy="127.0.0.1",
        )
        for provider in (SSOProvider, SSOTokenProvider):
            # They take HOME when they are imported.
            monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path / ".aws/sso/cache"))
        yield person
    operator_aws.reset()


def environment(person: Person) -> None:
    person.set(AWS_ACCESS_KEY_ID="AKIDENVIRONMENT", AWS_SECRET_ACCESS_KEY="s")


def credentials_file(person: Person) -> None:
    person.file("credentials", "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n")


def configuration(person: Person) -> None:
    person.configure("[default]\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = s\n")


def source_profile(person: Person) -> None:
    person.file("credentials", "[own]\naws_access_key_id = AKIDOWN\naws_secret_access_key = s\n")
    person.configure("[default]\nrole_arn = arn:aws:iam::000000000000:role/r\nsource_profile = own\n")


def chain(person: Person) -> None:
    source_profile(person)
    one = "[profile a]\nrole_arn = arn:aws:iam::000000000000:role/a\nsource_profile = own\n"
    person.configure(f"{one}[default]\nrole_arn = arn:aws:iam::000000000000:role/b\nsource_profile = a\n")


def credential_source(person: Person) -> None:
    container(person)
    person.configure("[profile r]\nrole_arn = arn:aws:iam::000000000000:role/r\ncredential_source = EcsContainer\n")
    person.set(AWS_PROFILE="r")


def web_identity(person: Person) -> None:
    token = person.file("token", "a token")
    person.set(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN="arn:aws:iam::000000000000:role/r")


def process(person: Person) -> None:
    script = person.file("printing.py", f"print('''{json.dumps({'Version': 1, **key('AKIDPROCESS')})}''')")
    person.configure(f'[default]\ncredential_process = "{sys.executable}" "{script}"\n')


SSO = "sso_region = eu-central-1\nsso_start_url = https://start.example\n"
ROLE = "sso_account_id = 000000000000\nsso_role_name = r\n"


def sso_legacy(person: Person) -> None:
    person.configure(f"[default]\n{SSO}{ROLE}")
    person.token("https://start.example")


def sso_session(person: Person) -> None:
    person.configure(f"[sso-session work]\n{SSO}[default]\nsso_session = work\n{ROLE}")
    person.token("work")


def sso_refreshed(person: Person) -> None:
    sso_session(person)
    registered = {"clientId": "i", "clientSecret": "s", "registrationExpiresAt": LATER, "refreshToken": "r"}
    person.token("work", expiresAt="2020-01-01T00:00:00Z", **registered)


def sso_expired(person: Person) -> None:
    sso_session(person)
    person.token("work", expiresAt="2020-01-01T00:00:00Z")


def role_by_sso(person: Person) -> None:
    sso = f"[sso-session work]\n{SSO}[profile sso]\nsso_session = work\n{ROLE}"
    person.configure(f"{sso}[default]\nrole_arn = arn:aws:iam::000000000000:role/r\nsource_profile = sso\n")
    person.token("work")


def container(person: Person) -> None:
    person.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{person.url}/container")


def instance(person: Person) -> None:
    person.set(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=person.url)


@pytest.mark.parametrize(
    ("given", "access_key", "asked"),
    [
        (environment, "AKIDENVIRONMENT", 0),
        (credentials_file, "AKIDFILE", 0),
        (configuration, "AKIDCONFIG", 0),
        (source_profile, "AKIDSTS", 1),
        (chain, "AKIDSTS", 2),
        (credential_source, "AKIDSTS", 2),
        (web_identity, "AKIDSTS", 1),
        (process, "AKIDPROCESS", 0),
        (sso_legacy, "AKIDSSO", 1),
        (sso_session, "AKIDSSO", 1),
        (sso_refreshed, "AKIDSSO", 2),
        (role_by_sso, "AKIDSTS", 2),
        (container, "AKIDCONTAINER", 1),
        (instance, "AKIDINSTANCE", 3),
    ],
)
def test_every_way_to_credentials_works_in_the_command(
    person: Person,
    aws: Aws,
    capsys: pytest.CaptureFixture[str],
    given: Callable[[Person], None],
    access_key: str,
    asked: int,
) -> None:
    given(person)
    code = cli.main(["--name", "docs", "jobs"])
    assert "There is no deployment 'docs' here" in capsys.readouterr().err
    assert code == 3
    assert {signer for operation, signer in aws.asked if "functions" in operation} == {access_key}
    assert len([operation for operation in aws.operations if "functions" not in operation]) == asked


def test_single_sign_on_works_in_a_process_of_its_own(person: Person, aws: Aws) -> None:
    sso_session(person)
    path = os.pathsep.join((f"{ROOT}/lambda_src", f"{ROOT}/operator_src"))
    command = [sys.executable, "-m", "sfn_callback_operator", "--name", "docs", "jobs"]
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert "There is no deployment 'docs' here" in ran.stderr
    assert ran.returncode == 3


def test_all_clients_of_a_command_share_what_its_credentials_took(person: Person, aws: Aws) -> None:
    web_identity(person)
    operator_aws.configure(operator_aws.Options())
    clients.functions().list_functions()
    for service in ("sqs", "logs", "cloudwatch"):
        operator_aws.client(service)
    operator_aws.patient_functions().list_functions()
    assert aws.operations == ["AssumeRoleWithWebIdentity", *["GET /2015-03-31/functions"] * 2]


def test_a_throttled_sts_is_asked_again(person: Person, aws: Aws, no_pauses: list[float]) -> None:
    source_profile(person)
    aws.throttled = 3
    assert cli.main(["--name", "docs", "jobs"]) == 3
    assert aws.operations[:4] == ["AssumeRole"] * 4
    assert len(no_pauses) == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda person: None, "credentials"),
        (lambda person: person.configure("[default]\ncredential_process = false\n"), "custom-process"),
        (sso_expired, "expired"),
        (lambda person: person.configure(f"[default]\n{SSO}{ROLE}"), "SSO"),
        (lambda person: person.configure("[default]\nrole_arn = r\nsource_profile = nobody\n"), "nobody"),
        # It needs a library that boto3 does not bring, and a login.
        (lambda person: person.configure("[default]\nlogin_session = arn:aws:iam::000000000000:user/u\n"), "login"),
    ],
)
def test_credentials_that_cannot_be_had_have_a_sentence_and_an_exit_code_of_their_own(
    person: Person, capsys: pytest.CaptureFixture[str], given: Callable[[Person], object], says: str
) -> None:
    given(person)
    assert cli.main(["--name", "docs", "jobs"]) == 4
    assert says in capsys.readouterr().err
