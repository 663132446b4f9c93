"""Fresh processes, as a function's first one is."""

import pkgutil
from pathlib import Path

import pytest

from benchmarks import startup
from benchmarks.processes import python
from sfn_callback import handlers


def test_every_handler_is_measured() -> None:
    assert {*startup.NAIVE} == {found.name for found in pkgutil.iter_modules(handlers.__path__)}


def test_a_process_finds_a_functions_environment_and_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebodys")
    said = python(["-c", "import os; print(sorted(os.environ))"], "here", GIVEN="1").stdout
    assert {"AWS_REGION", "SFN_CALLBACK_BUCKET", "PYTHONPATH", "GIVEN"} <= {*eval(said)}
    assert not {"AWS_PROFILE", "HOME", "AWS_LAMBDA_INITIALIZATION_TYPE"} & {*eval(said)}


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        python(["-c", "import os; os._exit(3)"], "")


def test_the_zip_is_unpacked_without_byte_code_and_with_it() -> None:
    with startup.unpacked() as (sources, compiled):
        python(["-c", "import sfn_callback.handlers.process"], sources)
        caches = [{*Path(folder).rglob("*.pyc")} for folder in (sources, compiled)]
        assert not caches[0]
        assert len(caches[1]) == len([*Path(compiled).rglob("*.py")])


def test_what_is_loaded_is_counted() -> None:
    program = "import botocore.loaders as b; l = b.Loader(); l.load_data('partitions')"
    counts = startup.counts(program, "")
    assert "botocore" in counts.packages and "boto3" not in counts.packages
    assert [Path(file).name for file in counts.files] == ["partitions.json"]
    assert counts.folders == 0
