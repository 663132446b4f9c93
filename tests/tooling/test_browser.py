"""How the browser is found, installed and started."""

import os
from pathlib import Path

import pytest

from tools import browser
from tools.browser import BrowserMissing


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; it is root's, and empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def program(path: Path, does: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def apt_get(programs: Path, *, has_chromium: bool) -> Path:
    """A package manager that notes what it is told, and may have the package; return its notes."""
    notes = programs / "notes"
    gives = f'[ "$3" = install ] && /bin/cp {programs}/apt-get {programs}/chromium' if has_chromium else "exit 100"
    program(programs / "apt-get", f'echo "$DEBIAN_FRONTEND: $@" >> {notes}; {gives}')
    return notes


def test_the_named_browser_comes_first_then_chromium_then_chrome(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrome = program(programs / "google-chrome")
    assert browser.find() == str(chrome)
    chromium = program(programs / "chromium")
    assert browser.find() == str(chromium)
    named = program(tmp_path / "my-browser")
    monkeypatch.setenv(browser.VARIABLE, str(named))
    assert browser.find() == str(named)


@pytest.mark.usefixtures("programs")
def test_a_test_without_a_browser_fails_with_how_to_come_by_one() -> None:
    how_to = r"apt-get install chromium .* name it in \$SFN_CALLBACK_BROWSER"
    with pytest.raises(BrowserMissing, match=how_to), browser.launch():
        pass


def test_a_browser_that_is_there_is_nothing_to_speak_of(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(programs / "chromium")
    assert browser.main() == 0
    assert capsys.readouterr().out == ""


def test_root_installs_the_package_and_a_font_after_an_update_and_is_asked_nothing(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = apt_get(programs, has_chromium=True)
    assert browser.main() == 0
    assert notes.read_text().splitlines() == [
        "noninteractive: -qq --yes update",
        "noninteractive: -qq --yes install --no-install-recommends chromium fonts-dejavu-core",
    ]
    assert capsys.readouterr().out == "Installing Chromium for the browser tests …\n"
    assert browser.find() == str(programs / "chromium")


def test_a_package_that_cannot_be_had_is_no_failure_of_the_setup(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apt_get(programs, has_chromium=False)
    assert browser.main() == 0
    assert capsys.readouterr().out.splitlines()[1:] == [browser.HOW_TO]


def test_who_is_not_root_is_told_how_to_in_one_line(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = apt_get(programs, has_chromium=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser.main() == 0
    assert capsys.readouterr().out == f"{browser.HOW_TO}\n"
    assert not notes.exists()


def test_a_named_browser_that_cannot_be_run_is_said_so_and_none_is_installed(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = apt_get(programs, has_chromium=True)
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chromium")
    assert browser.main() == 0
    assert capsys.readouterr().out == "$SFN_CALLBACK_BROWSER is '/nowhere/chromium', which cannot be executed.\n"
    assert not notes.exists()
