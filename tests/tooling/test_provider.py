"""``make audit``: the HCL is held against bindings of the provider's oldest and its newest version."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tools import hcl, provider

# What generators of bindings write of a resource, a data source and the provider, in their form, cut short.
CDK = """\
class {name}(
    _cdk_1.Terraform{base},
    metaclass=jsii.JSIIMeta,
):
{attributes}
class {name}Config(_cdk_1.TerraformMetaArguments):
{arguments}
"""
CDK_PROPERTY = """\
    @builtins.property
    @jsii.member(jsii_name="{name}")
    def {name}(self) -> {type}:
        return None

"""
PULUMI = """\
@pulumi.input_type
class {name}InitArgs:
{arguments}
class {name}(pulumi.CustomResource):
{attributes}
"""
PULUMI_PROPERTY = """\
    @_builtins.property
    @pulumi.getter(name="{name}"){said}
    def {name}(self) -> {type}:
        return None

"""
BLOCK = """\
class {name}:
    @builtins.property
    def {field}(
        self,
    ) -> typing.Optional[builtins.str]:
        return None
"""
QUEUE = """\
resource "aws_sqs_queue" "this" {
  for_each = local.queues
  name     = each.key

  dynamic "rule" {
    for_each = local.rules
    content {
      days = rule.value
    }
  }

  lifecycle {
    ignore_changes = [name]
  }
}

output "arns" {
  value = { for key, queue in aws_sqs_queue.this : key => "${queue.arn} in ${data.aws_region.here["a"].region}" }
}

data "aws_region" "here" {
  for_each = local.queues
}

moved {
  from = aws_gone.this
  to   = aws_sqs_queue.this["a"]
}
"""


def cdk(folder: Path, kind: str, version: str, **lacking: Any) -> None:
    """Bindings of the CDK, but for what is lacking: a module's name, or a field's."""

    def properties(types: dict[str, str]) -> str:
        kept = {name: type for name, type in types.items() if name != lacking.get("field")}
        return "".join(CDK_PROPERTY.format(name=name, type=type) for name, type in kept.items()) + "    pass\n"

    days = BLOCK.format(name="QueueRule", field="weeks" if lacking.get("field") == "days" else "days")
    arguments = properties({"name": "builtins.str", "rule": 'typing.List["QueueRule"]'})
    queue = CDK.format(name="Queue", base="Resource", attributes=properties({"arn": "str"}), arguments=arguments) + days
    region = CDK.format(
        name="DataRegion", base="DataSource", attributes=properties({"region": "str"}), arguments="    pass\n"
    )
    with ZipFile(folder / f"{kind}_provider_aws-1.0-py3-none-any.whl", "w") as wheel:
        for module, text in {"sqs_queue": queue, "data_aws_region": region}.items():
            if module != lacking.get("module"):
                wheel.writestr(f"{kind}_provider_aws/{module}/__init__.py", text)
        wheel.writestr(f"{kind}_provider_aws-1.0.dist-info/METADATA", f"# bindings for provider version {version}\n")


def pulumi(folder: Path, deprecated: str | None = None, whole: str = "") -> None:
    """Bindings of Pulumi, in which one name is deprecated, or a whole module is."""

    def properties(types: dict[str, str]) -> str:
        said = {
            name: f'\n    @_utilities.deprecated("""Take another {name}.""")' if name == deprecated else ""
            for name in types
        }
        made = (PULUMI_PROPERTY.format(name=name, type=type, said=said[name]) for name, type in types.items())
        return "".join(made) + "    pass\n"

    arguments = properties({"name": "str", "rules": "Sequence['QueueRuleArgs']"})
    queue = PULUMI.format(name="Queue", arguments=arguments, attributes=properties({"arn": "str"}))
    region = "@pulumi.output_type\nclass GetRegionResult:\n" + properties({"region": "str"})
    with ZipFile(folder / "pulumi_aws-2.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pulumi_aws/sqs/queue.py", f"{whole}\n{queue}")
        wheel.writestr("pulumi_aws/sqs/_inputs.py", "class QueueRuleArgs:\n" + properties({"days": "int"}))
        wheel.writestr("pulumi_aws/get_region.py", region)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bindings in which nothing is amiss, and a module whose HCL is held against them."""
    (tmp_path / "main.tf").write_text(QUEUE)
    monkeypatch.setattr(hcl, "ROOT", tmp_path)
    cdk(tmp_path, "cdktf", "5.80.0")
    cdk(tmp_path, "cdktn", "6.69.1")
    pulumi(tmp_path)
    return tmp_path


def audited(wheels: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = provider.main([str(wheels)])
    said = capsys.readouterr().err.splitlines()
    assert found == bool(said)
    return said


def test_nothing_is_said_of_what_every_version_has(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert provider.main([str(wheels)]) == 0
    told = capsys.readouterr()
    versions = "provider 5.80.0, provider 6.69.1, pulumi-aws 2.0"
    assert (told.out, told.err) == (f"2 types, 5 arguments and attributes of theirs: {versions}\n", "")


@pytest.mark.parametrize(("kind", "version"), [("cdktf", "5.80.0"), ("cdktn", "6.69.1")])
@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"module": "sqs_queue"}, "aws_sqs_queue: provider {} does not have it"),
        ({"module": "data_aws_region"}, "data_aws_region: provider {} does not have it"),
        ({"field": "name"}, "aws_sqs_queue.name: provider {} has no name there"),
        ({"field": "rule"}, "aws_sqs_queue.rule: provider {} has no rule there"),
        ({"field": "days"}, "aws_sqs_queue.rule.days: provider {} has no days there"),
        ({"field": "arn"}, "aws_sqs_queue.arn: provider {} has no arn there"),
        ({"field": "region"}, "data_aws_region.region: provider {} has no region there"),
    ],
    ids=str,
)
def test_what_a_version_does_not_have_fails(
    wheels: Path, capsys: pytest.CaptureFixture[str], kind: str, version: str, lacking: dict[str, str], said: str
) -> None:
    cdk(wheels, kind, version, **lacking)
    assert f"main.tf: {said.format(version)}" in audited(wheels, capsys)


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("name", "aws_sqs_queue.name"),
        ("rules", "aws_sqs_queue.rule"),
        ("days", "aws_sqs_queue.rule.days"),
        ("arn", "aws_sqs_queue.arn"),
        ("region", "data_aws_region.region"),
    ],
)
def test_what_the_newest_deprecates_fails(
    wheels: Path, capsys: pytest.CaptureFixture[str], name: str, use: str
) -> None:
    pulumi(wheels, deprecated=name)
    assert f"main.tf: {use}: pulumi-aws 2.0 deprecates it: Take another {name}." in audited(wheels, capsys)


def test_a_type_that_is_deprecated_fails(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi(wheels, whole='warnings.warn("""Take a topic.""", DeprecationWarning)')
    assert "main.tf: aws_sqs_queue: pulumi-aws 2.0 deprecates it: Take a topic." in audited(wheels, capsys)


def test_what_a_page_shows_is_looked_at(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (wheels / "README.md").write_text("Give it `aws_sqs_queue.mine.url`.")
    said = audited(wheels, capsys)
    assert said == [
        f"README.md: aws_sqs_queue.url: provider {version} has no url there" for version in ("5.80.0", "6.69.1")
    ]


def test_what_is_ignored_is_looked_at(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (wheels / "main.tf").write_text(QUEUE.replace("[name]", "[title]"))
    assert "main.tf: aws_sqs_queue.title: provider 5.80.0 has no title there" in audited(wheels, capsys)


def test_bindings_that_are_missing_are_named(wheels: Path) -> None:
    (wheels / "pulumi_aws-2.0-py3-none-any.whl").unlink()
    with pytest.raises(FileNotFoundError, match="lacks wheels: pulumi_aws"):
        provider.main([str(wheels)])
