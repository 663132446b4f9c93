"""The pages of runs and machines in a browser: they can be read on a phone and a desktop, in both themes."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from sfn_callback_operator.diagram import graph, machine
from sfn_callback_operator.output import webpage
from sfn_callback_operator.output.svg import NARROW, WIDE
from sfn_callback_operator.timeline import picture
from tests.conftest import SCREENSHOTS
from tests.operator import test_diagram, test_drawings, test_parents_timeline

RUNS = {**test_drawings.RUNS, **test_parents_timeline.RUNS}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def contrast(one: list[int], other: list[int]) -> float:
    """Of two colours: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def luminance(colour: list[int]) -> float:
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLOURS = """(svg) => {
  const numbers = (text) => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const paper = numbers(getComputedStyle(svg.querySelector("rect.paper")).fill);
  return [paper, ...[...svg.querySelectorAll("text")].map((one) => numbers(getComputedStyle(one).fill))];
}"""
OUTSIDE = """(svg) => [...svg.querySelectorAll("text")].filter((one) => {
  const [box, whole] = [one.getBoundingClientRect(), svg.getBoundingClientRect()];
  return box.left < whole.left || box.right > whole.right || box.bottom > whole.bottom;
}).map((one) => one.textContent)"""


def shown(page: Page, path: Path, name: str) -> Iterator[tuple[int, str]]:
    """Show a file on a desktop and on a phone, in both themes; a screenshot is kept of each width and theme."""
    page.goto(path.as_uri())
    for width, theme in itertools.product((1_280, 360), THEMES):
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
        yield width, theme


def test_a_timeline_can_be_read_in_both_themes_on_a_phone_and_a_desktop(chromium: Browser, tmp_path: Path) -> None:
    papers: dict[str, set[tuple[int, ...]]] = {"light": set(), "dark": set()}
    page, path = chromium.new_page(), tmp_path / "timeline.html"
    for name, run in RUNS.items():
        made = run()
        path.write_text(webpage.page(made.name, picture.svg(made), picture.svg(made, NARROW)))
        for width, theme in shown(page, path, f"timeline-{name}"):
            (svg,) = [one for one in page.locator("svg").all() if one.is_visible()]
            assert svg.evaluate(OUTSIDE) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            # Nothing is made smaller than it was drawn, where it is drawn for a phone.
            assert svg.evaluate("(svg) => svg.getBoundingClientRect().width") == (NARROW if width == 360 else WIDE)
            paper, *inks = svg.evaluate(COLOURS)
            papers[theme].add(tuple(paper))
            # https://www.w3.org/TR/WCAG22/#contrast-minimum
            assert min(contrast(paper, ink) for ink in inks) >= 4.5
    assert (papers["light"], all(max(paper) < 60 for paper in papers["dark"])) == ({(255, 255, 255)}, True)


def test_a_machine_can_be_read_in_both_themes_on_a_phone_and_a_desktop(chromium: Browser, tmp_path: Path) -> None:
    page, path, papers = chromium.new_page(), tmp_path / "machine.html", set()
    for name in ("documents.asl", "own"):
        path.write_text(webpage.page(name, machine.svg(graph.read(test_diagram.MACHINES[name]), name)))
        for width, theme in shown(page, path, f"machine-{name}"):
            svg = page.locator("svg")
            # On a phone it is scrolled, not made smaller.
            drawn = re.search(r'width="(\d+)"', path.read_text().partition("<svg")[2])
            assert drawn
            assert svg.evaluate("(svg) => svg.getBoundingClientRect().width") == int(drawn[1])
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            papers.add((theme, svg.evaluate("(svg) => getComputedStyle(svg.querySelector('.paper')).fill")))
    assert papers == {("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 31)")}
