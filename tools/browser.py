"""Finds the browser that the tests of pages drive, installs it where that may be done, and starts it."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

VARIABLE = "SFN_CALLBACK_BROWSER"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without a font a page has no text to measure or to click.
_PACKAGES = ("chromium", "fonts-dejavu-core")
HOW_TO = (
    f"The browser tests need Chromium: install it (Debian: apt-get install {' '.join(_PACKAGES)}), or name it in"
    f" ${VARIABLE}."
)


class BrowserMissing(RuntimeError):
    """There is no browser; the message says how to get one."""


def find() -> str:
    """Return the browser to use: ``$SFN_CALLBACK_BROWSER``, or the first one on the PATH.

    Raises:
        BrowserMissing: there is none, or the named one cannot be run.
    """
    named = os.environ.get(VARIABLE)
    path = next(filter(None, map(shutil.which, [named] if named else _NAMES)), None)
    if path is None:
        raise BrowserMissing(f"${VARIABLE} is {named!r}, which cannot be executed." if named else HOW_TO)
    return path


@contextlib.contextmanager
def launch() -> Iterator[Browser]:
    """Start the browser without a window, end it at the end.

    Raises:
        BrowserMissing: as :func:`find`.
    """
    path = find()
    with sync_playwright() as playwright:
        # Its sandbox does not start as root, nor in most containers, and it is shown none but our own pages. That it
        # updates nothing, syncs nothing and asks nothing at its first run, Playwright sees to.
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"], chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


def main() -> int:
    """Install a browser, or say how to; return 0 in either case, because most tests need none."""
    missing = _missing()
    if missing and _may_install():
        print("Installing Chromium for the browser tests …", flush=True)
        _install()
        missing = _missing()
    if missing:
        print(missing)
    return 0


def _missing() -> BrowserMissing | None:
    try:
        find()
    except BrowserMissing as missing:
        return missing
    return None


def _may_install() -> bool:
    return not os.environ.get(VARIABLE) and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> None:
    for action in (["update"], ["install", "--no-install-recommends", *_PACKAGES]):
        subprocess.run(
            ["apt-get", "-qq", "--yes", *action],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


if __name__ == "__main__":
    sys.exit(main())
