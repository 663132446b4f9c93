"""``make audit``: the HCL, held against the schemas of the AWS provider's oldest and newest version.

What one of them does not have fails, and what the newest deprecates. Looked at are types, arguments, nested blocks and
attributes in the module, its examples and the tests' stacks, and the attributes in what the pages show.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tools import hcl
from tools.provider_schemas import Cdk, Kind, Pulumi, Schema

_FILES = ("*.tf", "modules/*/*.tf", "examples/*/*.tf", "tests/e2e/stack/*.tf", "proof/chaos/stack/*.tf")
_PAGES = ("*.md", "docs/*.md", "examples/*/*.md")
_META = {"count", "for_each", "depends_on", "provider", "lifecycle", "connection", "provisioner", "alias"}
_INDEX = r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
_STEPS = rf"((?:{_INDEX}|\.\*|\.\w+)*)"
_REFERENCE = re.compile(rf"(?<![\w.\"-])(data\.)?(aws_[a-z0-9_]+)\.(\w+){_STEPS}")
_EACH = re.compile(r"\bfor (?:\w+, ?)?(\w+) in ((?:data\.)?aws_[a-z0-9_]+)\.\w+ ?:")


class Use(NamedTuple):
    """What is taken of a type: a path of arguments and blocks, or of attributes; an empty one is the type itself."""

    kind: str
    path: tuple[str, ...]
    attribute: bool

    def __str__(self) -> str:
        return ".".join([self.kind, *self.path])


def main(arguments: Sequence[str]) -> int:
    """Hold the HCL against the bindings in a folder; print what is wrong; return 0 when nothing is."""
    schemas = read(Path(arguments[0]))
    found = {(path, use): None for path in _found(hcl.ROOT, _FILES) for use in uses(hcl.parsed(path))}
    found |= {(path, use): None for path in _found(hcl.ROOT, _PAGES) for use in _referred(path.read_text())}
    problems = [f"{path.relative_to(hcl.ROOT)}: {said}" for path, use in found for said in wrong(use, schemas)]
    for problem in problems:
        print(problem, file=sys.stderr)
    named = {(use.kind, use.path) for _, use in found}
    kinds = len({kind for kind, _ in named})
    told = ", ".join(schema.version for schema in schemas)
    print(f"{kinds} types, {len(named) - kinds} arguments and attributes of theirs: {told}")
    return 1 if problems else 0


def read(folder: Path) -> list[Schema]:
    """Return the schemas of a folder of wheels, the oldest first."""
    wheels = {kind: sorted(folder.glob(f"{kind}*.whl")) for kind in ("cdktf", "cdktn", "pulumi_aws")}
    if not all(wheels.values()):
        raise FileNotFoundError(
            f"{folder} lacks wheels: {', '.join(kind for kind, found in wheels.items() if not found)}"
        )
    return [Cdk(wheels["cdktf"][-1]), Cdk(wheels["cdktn"][-1]), Pulumi(wheels["pulumi_aws"][-1])]


def wrong(use: Use, schemas: Iterable[Schema]) -> Iterator[str]:
    """Yield what each of the schemas has against a use."""
    for schema in schemas:
        # What Pulumi calls otherwise is not found there: that a name exists is the other bindings' to say.
        named = not isinstance(schema, Pulumi)
        if (kind := schema.kind(use.kind)) is None:
            yield f"{use.kind}: {schema.version} does not have it"
        elif said := _against(use, kind, named=named):
            yield f"{use}: {schema.version} {said}"


def _found(root: Path, patterns: Iterable[str]) -> list[Path]:
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]


def _against(use: Use, kind: Kind, *, named: bool) -> str | None:
    if kind.deprecated and not use.path:
        return f"deprecates it: {kind.deprecated}"
    for name, field in kind.fields(use.path, kind.attributes if use.attribute else kind.arguments):
        if field is None:
            return f"has no {name} there" if named else None
        if field.deprecated:
            return f"deprecates it: {field.deprecated}"
    return None


def uses(content: dict[str, Any]) -> Iterator[Use]:
    """Yield all uses of the provider in a file."""
    for block in content.get("provider", []):
        yield from (use for name, body in block.items() if name == "aws" for use in _configured("provider", body))
    for prefix, section in (("", "resource"), ("data_", "data")):
        for block in content.get(section, []):
            ((kind, named),) = block.items()
            if kind.startswith("aws_"):
                yield from (use for body in named.values() for use in _configured(f"{prefix}{kind}", body))
    for section, blocks in content.items():
        # What is moved is of a time before.
        yield from (use for text in hcl.texts(blocks) if section != "moved" for use in _referred(text))


def _configured(kind: str, body: dict[str, Any]) -> Iterator[Use]:
    yield Use(kind, (), attribute=False)
    yield from (Use(kind, path, attribute=False) for path in _paths(body))
    for block in body.get("lifecycle", []):
        ignored = block.get("ignore_changes", [])
        paths = (tuple(re.findall(r"[a-z]\w*", text)) for text in hcl.texts(ignored) if text != "all")
        yield from (Use(kind, path, attribute=False) for path in paths)


def _paths(body: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in body.items():
        if name == "dynamic":
            contents = ((label, part) for one in value for label, made in one.items() for part in made["content"])
        elif name in _META:
            continue
        else:
            yield (name,)
            contents = ((name, part) for part in (value if isinstance(value, list) else [value]))
        for label, part in contents:
            if isinstance(part, dict):
                yield from ((label, *path) for path in [(), *_paths(part)])


def _referred(text: str) -> Iterator[Use]:
    for data, kind, _, steps in _REFERENCE.findall(text):
        path = tuple(re.findall(r"\.([a-z]\w*)", re.sub(_INDEX, "", steps)))
        yield Use(f"data_{kind}" if data else kind, path, attribute=True)
    for name, kind in _EACH.findall(text):
        for steps in re.findall(rf"(?<![\w.]){name}((?:\.\w+)+)", text):
            yield Use(kind.replace("data.", "data_"), tuple(steps.split(".")[1:]), attribute=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
