"""Finds Terraform, or fetches it, and finds its providers: in the registry, or in a mirror."""

import hashlib
import io
import json
import os
import platform
import shutil
import stat
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
MIRROR_VARIABLE = "SFN_CALLBACK_PROVIDER_MIRROR"
VERSION = "1.11.4"
RELEASES = "https://releases.hashicorp.com/terraform"

# They end before they would run short of memory: a half of all their time was the collection of garbage.
# https://pkg.go.dev/runtime#hdr-Environment_Variables
_SELDOM = {"GOGC": "400"}

_HOSTS = {"tofu": "registry.opentofu.org"}
_HOST = "registry.terraform.io"
IMPLIED = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
USUAL = ("/opt", "/opt/*", "/srv/*", "/usr/local/*", "/usr/local/share/*", "/var/lib/*", "~/*", "~/.*")


class TerraformError(RuntimeError):
    """Terraform failed; the message is what it said."""


def binary() -> str:
    """Return the Terraform to use: ``$TERRAFORM``, ``terraform``, ``tofu``, or a pinned release that is fetched.

    Raises:
        TerraformError: the named one cannot be run; there is none and it cannot be fetched; or what was fetched has
            a wrong checksum.
    """
    named = os.environ.get("TERRAFORM")
    if named:
        return _named(named)
    path = shutil.which("terraform") or shutil.which("tofu")
    if path:
        return path
    fetched = TOOLS / f"terraform-{VERSION}" / "terraform"
    if not fetched.exists():
        _fetch(fetched)
    return str(fetched)


def _named(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise TerraformError(f"$TERRAFORM is {name!r}, which cannot be executed.")
    return str(Path(path).absolute())


def _fetch(target: Path) -> None:
    name = f"terraform_{VERSION}_{platform_name()}.zip"
    try:
        sums = _download(f"{RELEASES}/{VERSION}/terraform_{VERSION}_SHA256SUMS").decode()
        archive = _download(f"{RELEASES}/{VERSION}/{name}")
    except OSError as error:
        raise TerraformError(
            f"There is no terraform or tofu on the PATH, and Terraform {VERSION} cannot be downloaded ({error})."
            " Install one, or name it in $TERRAFORM."
        ) from None
    published = {name: digest for digest, name in (line.split() for line in sums.splitlines())}
    if hashlib.sha256(archive).hexdigest() != published.get(name):
        raise TerraformError(f"The checksum of {name} is not the published one, so it is not used.")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}")
    partial.write_bytes(zipfile.ZipFile(io.BytesIO(archive)).read("terraform"))
    partial.chmod(partial.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    partial.rename(target)


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 # nosec B310
        body: bytes = answer.read()
        return body


def platform_name() -> str:
    """Return this machine's platform as Terraform's releases call it."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def mirror(host: str = _HOST) -> Path | None:
    """Return the folder of a provider mirror that has ``hashicorp/aws`` for this platform, if there is one.

    ``$SFN_CALLBACK_PROVIDER_MIRROR`` first, then the folders that Terraform looks into by itself, then the
    usual places.
    """
    named = os.environ.get(MIRROR_VARIABLE)
    if named:
        return Path(named)
    folders = [Path(folder).expanduser() for folder in IMPLIED] + list(_glob(USUAL))
    return next((folder for folder in folders if _has_provider(folder, host)), None)


def _glob(patterns: Iterable[str]) -> Iterable[Path]:
    for pattern in patterns:
        path = Path(pattern).expanduser()
        yield from sorted(path.parent.glob(path.name))


def _has_provider(folder: Path, host: str) -> bool:
    provider = folder / host / "hashicorp" / "aws"
    try:
        return any(provider.glob(f"*/{platform_name()}")) or any(provider.glob(f"*_{platform_name()}.zip"))
    except OSError:
        return False


def environment(base: Mapping[str, str], terraform: str) -> dict[str, str]:
    """Return ``base`` with what lets ``terraform`` find its providers, and with what has it take less time.

    A CLI configuration that is there is left alone. One that is named and not there is replaced.
    """
    variables = {**_SELDOM, **base, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    configured = variables.pop("TF_CLI_CONFIG_FILE", None)
    if configured and Path(configured).exists():
        return {**variables, "TF_CLI_CONFIG_FILE": configured}
    TOOLS.mkdir(exist_ok=True)
    providers = mirror(_HOSTS.get(Path(terraform).name, _HOST))
    if providers is None:
        cache = TOOLS / "provider-cache"
        cache.mkdir(exist_ok=True)
        return {**variables, "TF_PLUGIN_CACHE_DIR": str(cache)}
    configuration = TOOLS / "mirror.tfrc"
    _write(
        configuration,
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(providers))}\n  }}\n}}\n",
    )
    return {**variables, "TF_CLI_CONFIG_FILE": str(configuration)}


def _write(path: Path, text: str) -> None:
    # Two runs may do this at once.
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)
