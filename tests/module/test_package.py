"""The zip in ``dist/``, and the package for those who build their own."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from sfn_callback import __version__
from tools import package

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_zip_is_what_the_sources_make() -> None:
    assert package.PACKAGE.read_bytes() == package.build(), "run make package"


def test_the_zip_is_stored_with_fixed_dates_and_modes_and_holds_nothing_else() -> None:
    entries = zipfile.ZipFile(package.PACKAGE).infolist()
    assert {(entry.compress_type, entry.date_time, entry.external_attr) for entry in entries} == {
        (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 0o100644 << 16)
    }
    assert all(entry.filename.startswith("sfn_callback/") and entry.filename.endswith(".py") for entry in entries)


def test_the_package_needs_nothing_but_the_standard_library_and_the_runtimes_boto3() -> None:
    program = (
        "import sys, pkgutil, importlib, sfn_callback, sfn_callback.handlers as handlers;"
        "before = set(sys.modules);"
        "names = [found.name for found in pkgutil.iter_modules(handlers.__path__)];"
        "[importlib.import_module(f'sfn_callback.handlers.{name}') for name in names];"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    path = {"PYTHONPATH": str(package.PACKAGE)}
    loaded = subprocess.run(
        [sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True
    ).stdout
    runtime = {"boto3", "botocore", "jmespath", "dateutil", "six", "urllib3", "s3transfer", "certifi"}
    optional = {
        "awscrt",
        "brotli",
        "brotlicffi",
        "h2",
        "zstandard",
        "backports",
        "socks",
        "cryptography",
        "OpenSSL",
        "idna",
    }
    foreign = set(loaded.split()) - set(sys.stdlib_module_names) - runtime - optional
    assert {name for name in foreign if not name.startswith("_")} == {"sfn_callback"}


def test_pip_installs_the_operators_command_with_the_package_as_its_library(
    tmp_path: Path, pip: dict[str, str]
) -> None:
    checkout = tmp_path / "checkout"
    for folder in ("lambda_src", "operator_src"):
        shutil.copytree(ROOT / folder, checkout / folder)
    shutil.copy(ROOT / "pyproject.toml", checkout)
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(checkout)]
    subprocess.run(install, env=pip, check=True)
    command = [sys.executable, str(target / "bin" / "sfn-callback"), "--version"]
    environment = {"PYTHONPATH": str(target)}
    said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == f"sfn-callback {__version__}\n"
    assert (target / "sfn_callback" / "handlers" / "process.py").exists()
    assert (target / "sfn_callback_operator" / "py.typed").exists()
