"""Reads pictures back: the elements of an SVG, and what its axes say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from inflight_lab.plot.drawing import Picture

BLUE = "#0072b2"
ORANGE = "#b86e00"
GREEN = "#00785a"
PURPLE = "#97527c"
RED = "#c23b00"
INK = "#666"
GRID = "#8080804d"


class Element(NamedTuple):
    """What is drawn, or written."""

    words: str
    attributes: dict[str, str]

    def number(self, name: str) -> float:
        """An attribute as a number."""
        return float(self.attributes[name])


def elements(picture: Picture, kind: str) -> list[Element]:
    """Every element of one kind, in the order of the picture."""
    root = ElementTree.fromstring(picture.data)
    found = root.iter(f"{{http://www.w3.org/2000/svg}}{kind}")
    return [Element(each.text or "", dict(each.attrib)) for each in found]


class Step(NamedTuple):
    """A step of a line: its highest level there, and its last."""

    time: float
    highest: float
    last: float


class Label(NamedTuple):
    """A number beside an axis, and at which pixel it stands."""

    number: float
    pixel: float


def number_at(pixel: float, labels: list[Label]) -> float:
    """What an axis says at a pixel, from its first and its last label."""
    first, last = labels[0], labels[-1]
    share = (pixel - first.pixel) / (last.pixel - first.pixel)
    return round(first.number + share * (last.number - first.number), 2)


class RunPicture:
    """A run's picture, read as a person reads it: each line against its two axes."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.texts = elements(picture, "text")
        self.lines = elements(picture, "path")
        self.titles = [each for each in self.texts if "font-weight" in each.attributes]
        self.words = " | ".join(each.words for each in self.texts)
        self._times = [
            Label(_number(each.words), each.number("x"))
            for each in self.texts
            if each.attributes["text-anchor"] == "middle"
        ]

    def line(self, title: str, colour: str, dashes: str = "none") -> list[Step]:
        """The steps of the line of that style in the strip below ``title``."""
        top, bottom = self._strip(title)
        levels = self._levels(top, bottom)
        (path,) = self._paths(top, bottom, colour, dashes)
        steps = []
        for x, ys in _parts(path):
            if ys:
                # A pixel's tenth is less than a request.
                heights = [round(number_at(y, levels)) for y in ys]
                time = number_at(x, self._times)
                steps.append(Step(time, max(heights), heights[-1]))
        return steps

    def marks(self, name: str) -> list[float]:
        """The times of the marks beside the label ``name``."""
        (label,) = [each for each in self.texts if each.words == name]
        top = label.number("y") - 10
        found = []
        for each in self.lines:
            for x, y in re.findall(r"M([\d.]+) ([\d.]+)v10", each.attributes["d"]):
                if float(y) == top:
                    found.append(number_at(float(x), self._times))
        return found

    def _strip(self, title: str) -> tuple[float, float]:
        """Between which pixels a strip is."""
        top = next(t.number("y") for t in self.titles if t.words.startswith(title))
        below = [t.number("y") for t in self.titles if t.number("y") > top]
        return top, min(below, default=float("inf"))

    def _levels(self, top: float, bottom: float) -> list[Label]:
        labels = [
            Label(_number(each.words), each.number("y") - 5)
            for each in self.texts
            if each.attributes["text-anchor"] == "end"
            and top < each.number("y") < bottom
        ]
        assert labels[0].number == 0
        assert labels[0].pixel > labels[-1].pixel, "0 is at the bottom"
        return labels

    def _paths(
        self, top: float, bottom: float, colour: str, dashes: str
    ) -> Iterator[str]:
        for each in self.lines:
            path = each.attributes["d"]
            style = (each.attributes["stroke"], each.attributes["stroke-dasharray"])
            first = re.match(r"M\S+ ([\d.]+)V", path)
            if first and style == (colour, dashes) and top < float(first[1]) < bottom:
                yield path


def _parts(path: str) -> Iterator[tuple[float, list[float]]]:
    """Where a path goes: each x, and the heights at which it is there."""
    for x, y, more in re.findall(r"[MH]([\d.]+)(?: ([\d.]+))?((?:V[\d.]+)*)", path):
        heights = [y, *more.split("V")]
        yield float(x), [float(each) for each in heights if each]


def _number(words: str) -> float:
    return float(words.replace(",", "").removesuffix(" s"))
