"""The colours of the live plot: they can be read, and each means one thing."""

from __future__ import annotations

import math
import re
from operator import mul
from pathlib import Path

import pytest

import inflight_lab.plot

CSS = Path(inflight_lab.plot.__file__).with_name("live_plot.css").read_text()
GROUNDS = {"light": ["#ffffff"], "dark": ["#111111", "#212121"]}
"""The pages of JupyterLab and of Colab; in the dark, an output may be lighter."""

INK = {"light": "#212121", "dark": "#e0e0e0"}
"""The letters of the page, which tint the API's box."""

BOX = 0.05
CARD = 0.09
"""How strongly the API's box and a tally are filled."""

TEXT_CONTRAST = 4.5
"""The least that WCAG asks for of letters; of shapes it asks for 3."""

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
    """Red, green and blue of ``#abc`` or ``#aabbcc``, from 0 to 1."""
    digits = notation.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]


def linear(colour: Vector) -> Vector:
    """As much light as it is."""
    return [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in colour
    ]


def tinted(ground: str, notation: str, strength: float) -> Vector:
    """A ground on which a colour lies thinly."""
    pairs = zip(channels(ground), channels(notation), strict=True)
    return [below + strength * (above - below) for below, above in pairs]


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
    selector = r"\.ifl-theme\.ifl-dark" if theme == "dark" else r"\.ifl-theme"
    (block,) = re.findall(rf"^{selector} \{{(.*?)\}}", CSS, re.DOTALL | re.MULTILINE)
    return dict(re.findall(r"--(\w+): (#[0-9a-f]+);", block))


@pytest.mark.parametrize("theme", GROUNDS)
def test_all_colours_can_be_read_on_page_and_cards(theme: str) -> None:
    """Each has the contrast of letters, and so of shapes, on the API's box, also after
    a refusal, and on a card of its own colour; on the page it has more.
    """
    colours = palette(theme)
    for name, notation in colours.items():
        for page in GROUNDS[theme]:
            box = tinted(page, INK[theme], BOX)
            alarmed = tinted(page, colours["refused"], BOX)
            card = tinted(page, notation, CARD)
            for ground in (box, alarmed, card):
                assert contrast(channels(notation), ground) >= TEXT_CONTRAST, name


@pytest.mark.parametrize("theme", GROUNDS)
def test_roads_are_seen(theme: str) -> None:
    """They are faint, but in a dark room too one sees where the dots fly."""
    grounds = re.findall(r"--road: rgb\((\d+) (\d+) (\d+)\);", CSS)
    road = [int(value) / 255 for value in grounds[list(GROUNDS).index(theme)]]
    least = {"light": 1.2, "dark": 1.6}[theme]
    for page in GROUNDS[theme]:
        assert contrast(channels(page), road) >= least


@pytest.mark.parametrize("theme", GROUNDS)
def test_no_two_meanings_share_a_colour(theme: str) -> None:
    """In flight, waiting, accepted, refused and lost: each has its own."""
    colours = palette(theme)
    assert {"flying", "waiting", "ok", "refused", "lost"} <= set(colours)
    assert len(set(colours.values())) == len(colours)


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("deficiency", COLOUR_BLIND)
def test_dots_in_flight_and_answered_ones_differ_for_the_colour_blind(
    theme: str, deficiency: str
) -> None:
    """Both are discs; all other marks have a shape of their own."""
    colours = palette(theme)
    flying = seen_with(deficiency, colours["flying"])
    answered = seen_with(deficiency, colours["ok"])
    assert math.dist(flying, answered) >= LEAST_DISTANCE


@pytest.mark.parametrize("outcome", ["accepted", "refused", "failed", "cancelled"])
def test_bar_and_tallies_have_the_same_colours(outcome: str) -> None:
    """Of accepted requests, of refused ones, and of lost ones."""
    names = {"accepted": "ok", "refused": "refused"}
    rule = re.search(rf"\.ifl-part\.ifl-{outcome} \{{(.*?)\}}", CSS, re.DOTALL)
    assert rule
    assert f"var(--{names.get(outcome, 'lost')})" in rule[1]
