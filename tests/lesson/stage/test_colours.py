"""The colours of the stage: they can be read, and told apart by everybody."""

from __future__ import annotations

import math
from operator import mul
from pathlib import Path

import pytest

from inflight_lab.lesson.plot.drawing.svg import ANSWERED, COLOURS, REFUSED
from tests.support.notebooks.drawings import DRAWINGS, coloured

PAGES = {"light": ["#ffffff"], "dark": ["#111111", "#212121"]}
"""The pages of JupyterLab and of Colab; in the dark, an output may be lighter."""

TEXT_COLOURS = ("ink", "muted", "out", "answered", "refused", "failed", "asleep")
"""The colours in which something is written."""

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3
"""The least that WCAG asks for of letters, and of shapes."""

LEAST_DISTANCE = 0.1
"""Between two colours in OKLab: anybody sees the difference at once."""

COLOUR_BLIND = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""What becomes of red, green and blue (Machado, Oliveira and Fernandes, 2009)."""


TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
"""Ottosson, 2020."""

Matrix = tuple[tuple[float, float, float], ...]
Vector = list[float]


def times(matrix: Matrix, vector: Vector) -> Vector:
    """Their product."""
    return [sum(map(mul, row, vector)) for row in matrix]


def channels(notation: str) -> Vector:
    """Red, green and blue of ``#aabbcc``, from 0 to 1."""
    return [value / 255 for value in bytes.fromhex(notation.removeprefix("#"))]


def linear(colour: Vector) -> Vector:
    """As much light as it is."""
    return [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in colour
    ]


def contrast(one: Vector, other: Vector) -> float:
    """As WCAG computes it, from 1 to 21."""
    darker, lighter = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue
        for red, green, blue in (linear(one), linear(other))
    )
    return (lighter + 0.05) / (darker + 0.05)


def seen_with(deficiency: str, notation: str) -> Vector:
    """The colour in OKLab, as somebody sees it."""
    seen = times(COLOUR_BLIND[deficiency], linear(channels(notation)))
    within = [min(1, max(0, value)) for value in seen]
    return times(TO_OKLAB, [cone ** (1 / 3) for cone in times(TO_CONES, within)])


def palette(theme: str) -> dict[str, str]:
    """The colours by what they mean."""
    return {name: getattr(colour, theme) for name, colour in COLOURS.items()}


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("name", TEXT_COLOURS)
def test_words_can_be_read(theme: str, name: str) -> None:
    """On the page of every front end, on the stage's paper, and in the API's box."""
    colours = palette(theme)
    for ground in (*PAGES[theme], colours["paper"], colours["ground"]):
        found = contrast(channels(colours[name]), channels(ground))
        assert found >= TEXT_CONTRAST, (name, ground, found)


@pytest.mark.parametrize("theme", PAGES)
@pytest.mark.parametrize("deficiency", COLOUR_BLIND)
def test_discs_differ_for_the_colour_blind(theme: str, deficiency: str) -> None:
    """Those in flight and those that are answered; all others have their own shape."""
    colours = palette(theme)
    out = seen_with(deficiency, colours["out"])
    answered = seen_with(deficiency, colours["answered"])
    assert math.dist(out, answered) >= LEAST_DISTANCE


@pytest.mark.parametrize("colour", [ANSWERED, REFUSED])
def test_plain_pictures_can_be_seen_on_any_ground(colour: str) -> None:
    """They have one colour for light pages and for dark ones."""
    for ground in (*PAGES["light"], *PAGES["dark"]):
        assert contrast(channels(colour), channels(ground)) >= SHAPE_CONTRAST


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_drawings_have_the_colours_of_the_stage(drawing: Path) -> None:
    """What is refused has one colour in a notebook: on its stage and in its drawing.
    ``python -m tests.support.notebooks.drawings`` writes it there.
    """
    svg = drawing.read_text(encoding="utf-8")
    assert svg == coloured(svg)
