"""How Terraform and its providers are found, with and without a network."""

import hashlib
import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tooling.loopback import serving_files
from tests.tooling.test_browser import program
from tools import toolchain
from tools.toolchain import TerraformError

ARCHIVE = f"terraform_{toolchain.VERSION}_{toolchain.platform_name()}.zip"
SUMS = f"terraform_{toolchain.VERSION}_SHA256SUMS"


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of releases on loopback, with one release and no Terraform on the PATH."""
    folder = tmp_path / "releases" / toolchain.VERSION
    folder.mkdir(parents=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as release:
        release.writestr("terraform", "#!/bin/sh\necho it runs\n")
    (folder / ARCHIVE).write_bytes(archive.getvalue())
    (folder / SUMS).write_text(f"{hashlib.sha256(archive.getvalue()).hexdigest()}  {ARCHIVE}\n")
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TERRAFORM", raising=False)
    with serving_files(tmp_path / "releases") as server:
        monkeypatch.setattr(toolchain, "RELEASES", f"http://{server}")
        yield folder


def test_the_named_terraform_comes_first_then_terraform_then_tofu(
    releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tofu = program(tmp_path / "tofu")
    assert toolchain.binary() == str(tofu)
    found = program(tmp_path / "terraform")
    assert toolchain.binary() == str(found)
    named = program(tmp_path / "elsewhere" / "terraform-1.9")
    monkeypatch.setenv("TERRAFORM", str(named))
    assert toolchain.binary() == str(named)


def test_a_named_terraform_that_is_not_there_is_an_error(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "/nowhere/terraform")
    with pytest.raises(TerraformError, match=r"\$TERRAFORM is '/nowhere/terraform', which cannot be executed"):
        toolchain.binary()


def test_where_there_is_none_the_pinned_release_is_fetched_once(releases: Path) -> None:
    fetched = Path(toolchain.binary())
    assert fetched.read_text().endswith("it runs\n")
    assert fetched.stat().st_mode & stat.S_IXUSR
    (releases / ARCHIVE).unlink()
    assert Path(toolchain.binary()) == fetched


def test_a_release_with_another_checksum_is_not_used(releases: Path) -> None:
    (releases / ARCHIVE).write_bytes(b"something else")
    with pytest.raises(TerraformError, match=r"The checksum of .* is not the published one"):
        toolchain.binary()
    assert not list(toolchain.TOOLS.rglob("terraform"))


def test_without_a_network_the_way_out_is_named(releases: Path) -> None:
    (releases / SUMS).unlink()
    with pytest.raises(TerraformError, match=r"Install one, or name it in \$TERRAFORM"):
        toolchain.binary()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any mirror, and with a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(toolchain.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(toolchain, "IMPLIED", ("~/.terraform.d/plugins",))
    monkeypatch.setattr(toolchain, "USUAL", (str(tmp_path / "usual" / "*"),))
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    return tmp_path


def provider(mirror: Path, host: str = "registry.terraform.io") -> Path:
    (mirror / host / "hashicorp" / "aws" / "5.100.0" / toolchain.platform_name()).mkdir(parents=True)
    return mirror


def test_a_mirror_is_found_by_its_variable_then_by_terraforms_folders_then_in_the_usual_places(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert toolchain.mirror() is None
    usual = provider(nowhere / "usual" / "plugins")
    assert toolchain.mirror() == usual
    implied = provider(nowhere / "home" / ".terraform.d" / "plugins")
    assert toolchain.mirror() == implied
    monkeypatch.setenv(toolchain.MIRROR_VARIABLE, str(nowhere / "named"))
    assert toolchain.mirror() == nowhere / "named"


def test_a_mirror_of_zips_counts_and_one_for_another_platform_does_not(nowhere: Path) -> None:
    packed = nowhere / "usual" / "packed" / "registry.terraform.io" / "hashicorp" / "aws"
    packed.mkdir(parents=True)
    (packed / "terraform-provider-aws_5.100.0_plan9_mips.zip").touch()
    assert toolchain.mirror() is None
    (packed / f"terraform-provider-aws_5.100.0_{toolchain.platform_name()}.zip").touch()
    assert toolchain.mirror() == nowhere / "usual" / "packed"


def test_tofu_looks_for_its_own_registrys_mirror(nowhere: Path) -> None:
    provider(nowhere / "usual" / "plugins")
    assert "TF_CLI_CONFIG_FILE" not in toolchain.environment({}, "/usr/bin/tofu")
    provider(nowhere / "usual" / "tofu", "registry.opentofu.org")
    assert "TF_CLI_CONFIG_FILE" in toolchain.environment({}, "/usr/bin/tofu")


def test_a_configuration_that_is_there_is_left_alone(nowhere: Path) -> None:
    provider(nowhere / "usual" / "plugins")
    configuration = nowhere / "mine.tfrc"
    configuration.touch()
    ours = toolchain.environment({"TF_CLI_CONFIG_FILE": str(configuration)}, "terraform")
    assert ours["TF_CLI_CONFIG_FILE"] == str(configuration)


def test_a_configuration_that_is_missing_is_replaced_by_the_mirrors(nowhere: Path) -> None:
    found = provider(nowhere / "usual" / "plugins")
    ours = toolchain.environment({"TF_CLI_CONFIG_FILE": "/missing"}, "terraform")
    assert str(found) in Path(ours["TF_CLI_CONFIG_FILE"]).read_text()


def test_without_a_mirror_the_registry_is_used_and_what_it_gave_is_kept(nowhere: Path) -> None:
    ours = toolchain.environment({"TF_CLI_CONFIG_FILE": "/missing"}, "terraform")
    assert "TF_CLI_CONFIG_FILE" not in ours
    assert Path(ours["TF_PLUGIN_CACHE_DIR"]).is_dir()


def test_garbage_is_collected_seldom_unless_somebody_says_how_often(nowhere: Path) -> None:
    assert toolchain.environment({}, "terraform")["GOGC"] == "400"
    assert toolchain.environment({"GOGC": "100"}, "terraform")["GOGC"] == "100"
