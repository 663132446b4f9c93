"""The locks of what develops, demonstrates and audits: whole, with hashes, and tied to no place."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
NAMES = sorted(path.stem for path in REQUIREMENTS.glob("*.in"))


def wanted(name: str) -> list[Requirement]:
    """What is written by hand, with the files that it includes."""
    found = []
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(name: str) -> dict[str, list[tuple[Requirement, str]]]:
    """What is locked, by name: each entry, and its hashes."""
    text = re.sub(r"^ *#.*\n", "", (REQUIREMENTS / f"{name}.txt").read_text(), flags=re.MULTILINE)
    entries: dict[str, list[tuple[Requirement, str]]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=")
        found = Requirement(requirement)
        entries.setdefault(found.name, []).append((found, " ".join(hashes)))
    return entries


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wanted_is_locked_as_it_is_wanted(name: str) -> None:
    lock = locked(name)
    for requirement in wanted(name):
        pins = [str(one.specifier).removeprefix("==") for one, _ in lock[requirement.name]]
        assert all(pin in requirement.specifier for pin in pins), f"{requirement}: run make lock"


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_locked_has_one_version_and_its_hashes(name: str) -> None:
    for requirement, hashes in [entry for entries in locked(name).values() for entry in entries]:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert re.fullmatch(r"sha256:[0-9a-f]{64}( +sha256:[0-9a-f]{64})*", hashes), requirement


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_names_no_place(name: str) -> None:
    assert not re.search(r"://|^-", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE)


def test_what_demonstrates_is_the_same_when_it_is_tested() -> None:
    demo, dev = locked("demo"), locked("dev")
    assert {name: dev[name] for name in demo} == demo


def test_every_lock_has_what_it_is_made_from() -> None:
    assert {path.stem for path in REQUIREMENTS.glob("*.txt")} == set(NAMES)
