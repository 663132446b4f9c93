"""The AWS provider's schema, read from the source of bindings that were generated from it.

The CDK's bindings have every name, and do not say what is deprecated. Pulumi's say that, under names that are sometimes
plural or others, and in modules that are sometimes called otherwise than Terraform's types.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple, Protocol
from zipfile import ZipFile

_CLASS = re.compile(r"^class (\w+)\b", re.MULTILINE)
_PROPERTY = re.compile(
    r'^    @_?builtins\.property\n(?:    @(?:_utilities\.deprecated\("""(?P<said>.*?)"""\)|.*)\n)*'
    r"    def (?P<name>\w+)\(\s*self,?\s*\) -> (?P<type>.*):$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"""["'](?:\w+\.)?(\w+)["']""")
_WHOLE = re.compile(r'^warnings\.warn\("""(.*?)"""', re.MULTILINE | re.DOTALL)
_ELSEWHERE = {
    "lb": "lb/load_balancer",
    "s3_object": "s3/bucket_objectv2",
    "sqs_queue_redrive_policy": "sqs/redrive_policy",
    "data_cloudcontrolapi_resource": "cloudcontrol/get_resource",
}
"""Modules of Pulumi whose names do not follow from the type's: name here what the audit does not find."""


class Field(NamedTuple):
    """An argument, a block or an attribute: the classes that its value may be of, and what a deprecation says."""

    classes: tuple[str, ...]
    deprecated: str | None


Classes = dict[str, dict[str, Field]]
"""The fields of each class of a module, by their folded names."""


class Schema(Protocol):
    """One version of the provider."""

    @property
    def version(self) -> str:
        """The name of the source, in a word or two."""

    def kind(self, name: str) -> "Kind | None":
        """Return what is known of ``aws_…``, of ``data_aws_…`` or of ``provider``; nothing where there is none."""


@dataclass(frozen=True)
class Kind:
    """A type of resource or of data source, or the provider's own configuration."""

    classes: Classes
    arguments: str
    attributes: str
    plural: bool = False
    deprecated: str | None = None

    def fields(self, path: Iterable[str], root: str) -> Iterator[tuple[str, Field | None]]:
        """Yield each name of a path with its field, from a root class on, as far as classes are known."""
        inner: tuple[str, ...] = (root,)
        for name in path:
            if not (known := [self.classes[one] for one in inner if one in self.classes]):
                return
            field = next((fields[self.folded(name)] for fields in known if self.folded(name) in fields), None)
            yield name, field
            inner = field.classes if field else ()

    def folded(self, name: str) -> str:
        """Return a name without what differs between languages."""
        flat = name.replace("_", "").lower()
        return re.sub("(ies|y|es?|s)$", "", flat) if self.plural else flat


class _Wheel:
    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path)
        self._distribution = path.name.split("-")[0]
        self._release = path.name.split("-")[1]

    def _text(self, module: str) -> str:
        name = f"{self._distribution}/{module}.py"
        return self._zip.read(name).decode() if name in self._names else ""

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._zip.namelist())


class Cdk(_Wheel):
    """Bindings of the CDK: a module for each type, named as the type is."""

    @cached_property
    def version(self) -> str:
        """The provider's version."""
        text = self._zip.read(f"{self._distribution}-{self._release}.dist-info/METADATA").decode()
        found = re.search(r"provider version ([\d.]+)", text)
        return f"provider {found[1] if found else 'of an unknown version'}"

    @cache  # noqa: B019 (as long as the wheel itself)
    def kind(self, name: str) -> Kind | None:
        """Return what is known of a type."""
        text = self._text(f"{name.removeprefix('aws_')}/__init__")
        main = re.search(r"^class (\w+)\(\s*\w+\.Terraform(?:Resource|DataSource|Provider),", text, re.MULTILINE)
        configured = re.search(r"^class (\w+)\(\w+\.TerraformMetaArguments\)", text, re.MULTILINE)
        arguments = configured[1] if configured else main and f"{main[1]}Config"
        return Kind(_classes(text), arguments, main[1]) if main and arguments else None


class Pulumi(_Wheel):
    """Bindings of Pulumi, which say what is deprecated."""

    @property
    def version(self) -> str:
        """The version of the bindings, which is not the provider's."""
        return f"pulumi-aws {self._release}"

    @cache  # noqa: B019 (as long as the wheel itself)
    def kind(self, name: str) -> Kind | None:
        """Return what is known of a type."""
        if not (module := self._module(name)):
            return None
        text, folder = self._text(module), module.rpartition("/")[0]
        shared = "".join(self._text(f"{folder}/{part}".lstrip("/")) for part in ("_inputs", "outputs"))
        main = re.search(r"^@pulumi\.output_type\nclass (\w+)|^class (\w+)\(pulumi\.\w+Resource\)", text, re.MULTILINE)
        if not main:
            return None
        # The first class is the arguments', or all that a data source has; a block may be called as the type is.
        classes = _classes(shared, plural=True) | (own := _classes(text, plural=True))
        whole = _WHOLE.search(text)
        return Kind(classes, next(iter(own)), main[1] or main[2], plural=True, deprecated=whole[1] if whole else None)

    def _module(self, name: str) -> str | None:
        short = name.replace("aws_", "", 1)
        return _ELSEWHERE.get(short) or self._modules.get(short.replace("_", ""))

    @cached_property
    def _modules(self) -> dict[str, str]:
        found = {}
        for path in sorted(self._names):
            *folders, stem = path.removesuffix(".py").split("/")[1:] or [""]
            data, short = ("data", stem[4:]) if stem.startswith("get_") else ("", stem)
            # What is of no service in Terraform's names is of EC2 here.
            places = ["", *folders] if folders == ["ec2"] else [folders[0] if folders else ""]
            for place in places:
                found[f"{data}{place.strip('_')}{short}".replace("_", "")] = "/".join([*folders, stem])
        return found


def _classes(text: str, *, plural: bool = False) -> Classes:
    starts = [*_CLASS.finditer(text)]
    fold = Kind({}, "", "", plural).folded
    return {
        start[1]: {
            fold(found["name"]): Field(tuple(_inner(found["type"])), found["said"])
            for found in _PROPERTY.finditer(text, start.end(), end)
        }
        for start, end in zip(starts, [*(start.start() for start in starts[1:]), len(text)], strict=False)
    }


def _inner(annotation: str) -> Iterator[str]:
    for name in _QUOTED.findall(annotation):
        # Of a list, the class that its items are of.
        yield from (name, re.sub("(List|Map)$", "OutputReference", name))
