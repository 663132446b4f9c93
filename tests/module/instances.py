"""Root modules with instances of the module: one plan of several takes a fraction of what a plan of each takes."""

from collections.abc import Mapping
from pathlib import Path

_PROVIDER = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}
"""

Inputs = Mapping[str, str]
"""Expressions of HCL by the names of inputs."""


def root(instances: Mapping[str, Inputs], more: str = "") -> str:
    """Return a root module, in a folder of the module's own, with an instance by each name.

    ``more``: HCL that the instances' inputs refer to.
    """
    names = list(dict.fromkeys(name for inputs in instances.values() for name in inputs))
    objects = "".join(f'"{one}" = {{\n{_lines(names, inputs)}}}\n' for one, inputs in instances.items())
    given = "".join(f"{name} = local.instances[each.key].{name}\n" for name in names)
    call = f'source = "../"\nfor_each = toset(keys(local.instances))\n{given}'
    return f'{_PROVIDER}{more}locals {{\ninstances = {{\n{objects}}}\n}}\nmodule "callback" {{\n{call}}}\n'


def _lines(names: list[str], inputs: Inputs) -> str:
    """All inputs of an instance: to null, which is as if it were not given, what it has not."""
    return "".join(f"{name} = {inputs.get(name, 'null')}\n" for name in names)


def add(copy: Path, name: str, text: str, mocks: str) -> None:
    """Add a root module to a copy of the module, and a test file that plans it."""
    (copy / name).mkdir()
    (copy / name / "main.tf").write_text(text)
    run = f'run "one" {{\n  command = plan\n  module {{\n    source = "./{name}"\n  }}\n}}\n'
    (copy / "tests" / f"{name}.tftest.hcl").write_text(mocks + run)
