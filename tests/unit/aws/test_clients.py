import json
import logging
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader, Loader

from sfn_callback.aws import clients, session

ALL = [clients.dynamodb, clients.functions, clients.s3, clients.secrets, clients.sns, clients.stepfunctions]


@pytest.mark.parametrize("make", ALL)
def test_a_client_is_made_once(make: object) -> None:
    assert callable(make)
    assert make() is make()


def test_threads_that_come_together_share_one_client() -> None:
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(clients.s3())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1


@pytest.mark.parametrize("make", ALL)
def test_botocore_tries_nothing_again_by_itself(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    assert make().meta.config.retries == {"mode": "standard", "total_max_attempts": 1}


@pytest.mark.parametrize("make", ALL)
def test_a_request_that_hangs_is_given_up_in_a_moment_unless_its_object_may_be_large(make: Any) -> None:
    assert make().meta.config.read_timeout == (60 if make is clients.s3 else 10)


def test_botocore_never_logs_request_bodies() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)
    finally:
        logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def nothing_loaded() -> None:
    """As in a fresh process; other tests share what has been loaded."""
    session.models.cache_clear()


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
    clients.stepfunctions()
    assert {path.rpartition("/")[2] for path in looked if "/botocore/data/" in path} == {"stepfunctions"}


def test_botocores_files_are_read_as_botocore_reads_them_in_less_time() -> None:
    data = Path(Loader.BUILTIN_DATA_PATH)
    paths = [data / "endpoints", data / "partitions", *data.glob("s3/*/*"), *data.glob("dynamodb/*/*"), data / "none"]
    for path in {str(path).partition(".json")[0] for path in paths}:
        ours, theirs = session.Files().load_file(path), JSONFileLoader().load_file(path)
        assert json.dumps(ours) == json.dumps(theirs)
        assert type(ours) is not OrderedDict
