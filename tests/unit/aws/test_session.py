"""The session that all clients share: what it reads of botocore's files, and how."""

import json
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader, Loader

from sfn_callback.aws import session
from tests.conftest import SESSIONS
from tests.unit.aws.test_clients import ALL


@pytest.fixture
def nothing_loaded() -> None:
    """As in a fresh process; other tests share what has been loaded."""
    session.models.cache_clear()
    SESSIONS.clear()


@pytest.mark.usefixtures("nothing_loaded")
def test_no_file_of_botocores_is_parsed_for_each_client_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    load = session.Files.load_file

    def noted(loader: session.Files, path: str) -> Any:
        found = load(loader, path)
        parsed.extend([path] if found is not None else [])
        return found

    monkeypatch.setattr(session.Files, "load_file", noted)
    for make in ALL:
        make()
    assert len(parsed) == len(set(parsed)) > len(ALL)


@pytest.mark.usefixtures("nothing_loaded")
def test_botocore_looks_into_the_folders_of_the_services_that_are_used_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    look = os.listdir

    def noted(path: str) -> list[str]:
        looked.append(path)
        return look(path)

    monkeypatch.setattr(os, "listdir", noted)
    used = {make().meta.service_model.service_name for make in ALL}
    assert {path.rpartition("/")[2] for path in looked if "/botocore/data/" in path} == used


def test_botocores_files_are_read_as_botocore_reads_them_in_less_time() -> None:
    data = Path(Loader.BUILTIN_DATA_PATH)
    paths = [data / "endpoints", data / "partitions", *data.glob("s3/*/*"), *data.glob("dynamodb/*/*"), data / "none"]
    for path in {str(path).partition(".json")[0] for path in paths}:
        ours, theirs = session.Files().load_file(path), JSONFileLoader().load_file(path)
        assert json.dumps(ours) == json.dumps(theirs)
        assert type(ours) is not OrderedDict


def test_clients_of_other_services_can_be_made_and_find_their_models_as_ever() -> None:
    made = [session.shared().create_client(service) for service in ("sts", "sso", "sso-oidc")]
    assert [one.meta.service_model.service_name for one in made] == ["sts", "sso", "sso-oidc"]
