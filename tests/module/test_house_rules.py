"""The house's rules for HCL, over what is parsed of the module, its parts and its examples."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.readme import README, ROOT
from tools import docs, hcl

PARTS = [ROOT, *sorted((ROOT / "modules").iterdir())]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
EVERYWHERE = pytest.mark.parametrize("folder", [*PARTS, *EXAMPLES], ids=lambda path: path.name)
REGION = r"\b(us|eu|ap|sa|ca|me|af|il|mx|cn)(-gov)?-(north|south|east|west|central)+(east|west)?-\d\b"
# A service is called the same in every partition: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
SERVICE = r"(\b[a-z0-9]+|\$\{[a-z.]+\})\.amazonaws\.com(?=$|\")|\bcom\.amazonaws\.(?=\$)"


def source(folder: Path) -> str:
    """All HCL of a folder, without comments."""
    text = "\n".join(path.read_text() for path in sorted(folder.glob("*.tf")))
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


@EVERYWHERE
def test_every_variable_has_a_type_and_a_description(folder: Path) -> None:
    for name, block in hcl.blocks("variable", folder).items():
        assert block.get("type"), name
        assert re.search(r"[.?]$", block.get("description", "")), name


@EVERYWHERE
def test_every_output_has_a_description(folder: Path) -> None:
    for name, block in hcl.blocks("output", folder).items():
        assert block.get("description", "").endswith("."), name


def test_every_input_is_validated_unless_its_type_says_all() -> None:
    unchecked = {name for name, block in hcl.blocks("variable").items() if not block.get("validation")}
    assert {name for name in unchecked if hcl.blocks("variable")[name]["type"] != "bool"} == set()


def test_every_validation_says_so_in_a_sentence_of_its_own() -> None:
    said = [
        hcl.sentence(one["error_message"])
        for block in hcl.blocks("variable").values()
        for one in block.get("validation", [])
    ]
    assert all(re.fullmatch(r"[A-Z].{20,}\.", sentence) for sentence in said)
    assert len(set(said)) == len(said)


def test_a_variable_that_may_not_be_null_says_so() -> None:
    for name, block in hcl.blocks("variable").items():
        assert (block.get("nullable") is False) != ("default" in block and block["default"] is None), name


@EVERYWHERE
def test_nothing_is_declared_that_nobody_uses(folder: Path) -> None:
    text = source(folder)
    wanted = [f"var.{name}" for name in hcl.blocks("variable", folder)]
    wanted += [f"local.{name}" for name in hcl.names_of_locals(folder)]
    wanted += [f"data.{name}" for name in hcl.blocks("data", folder)]
    assert [name for name in wanted if not re.search(rf"\b{re.escape(name)}\b", text)] == []


@pytest.fixture(scope="module")
def taggable(schema: dict[str, Any]) -> set[str]:
    """The types of resources that take tags, as the provider's schema says."""
    return {kind for kind, one in schema["resource_schemas"].items() if "tags" in one["block"]["attributes"]}


def test_everything_that_takes_tags_has_them(taggable: set[str]) -> None:
    resources = hcl.blocks("resource")
    tagged = {name for name, block in resources.items() if "var.tags" in str(block.get("tags"))}
    assert {name for name in resources if name.partition(".")[0] in taggable} == tagged
    assert len(tagged) > 8


def placed(text: str) -> bool:
    """Whether a text names a partition, a region or an account."""
    return bool(re.search(rf"arn:aws|{REGION}|\b\d{{12}}\b", text) or re.sub(SERVICE, "", text).count("amazonaws"))


@EVERYWHERE
def test_no_partition_region_or_account_is_written_down(folder: Path) -> None:
    # An example may say by default where it is.
    left_out = ("description", "error_message", *(["default"] if folder in EXAMPLES else []))
    for path in sorted(folder.glob("*.tf")):
        assert [text for text in hcl.texts(hcl.parsed(path), *left_out) if placed(text)] == [], path.name


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::a",
        "${x}.eu-central-1.y",
        "us-gov-west-1",
        "123456789012",
        "sqs.amazonaws.com/1",
        "x.amazonaws.com.cn",
    ],
)
def test_a_place_is_recognised(text: str) -> None:
    assert placed(text)
    assert not placed("lambda.amazonaws.com")


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_what_it_is_about(page: Path) -> None:
    assert docs.rendered(page.read_text(), *docs.PAGES[page]) == page.read_text(), "run make docs"


def test_a_table_has_every_input_and_output() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert set(rows) >= {*hcl.blocks("variable"), *hcl.blocks("output")}


def test_no_line_is_longer_than_140_characters() -> None:
    stacks = [ROOT / "tests" / "e2e" / "stack", ROOT / "proof" / "chaos" / "stack"]
    files = [path for folder in [*PARTS, *EXAMPLES, *stacks] for path in folder.glob("*.tf")]
    lines = [(path, line) for path in files for line in path.read_text().splitlines()]
    assert [f"{path.relative_to(ROOT)}: {line.strip()}" for path, line in lines if len(line) > 140] == []
    assert {path.parent for path in files} >= {ROOT, *stacks}


def test_versions_are_floors_that_the_examples_share() -> None:
    for folder in [ROOT, *EXAMPLES]:
        (block,) = (one for path in folder.glob("*.tf") for one in hcl.parsed(path).get("terraform", []))
        (providers,) = block["required_providers"]
        found: dict[str, Any] = providers["aws"]
        assert (block["required_version"], found["version"]) == (">= 1.5.0", ">= 5.80"), folder.name
