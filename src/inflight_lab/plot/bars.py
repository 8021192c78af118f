"""Numbers side by side, as one plain SVG picture that stays in a saved notebook."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from IPython.display import SVG

WIDTH, LEFT, RIGHT, BAR = 860, 110, 190, 18
COLOURS = ("#0072b2", "#b86e00", "#00785a", "#8d4a73")  # as in the live plot


def draw_bars(series: Mapping[str, Mapping[str, float]], *, title: str) -> SVG:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15.2}, ...}``.

    Bars with the same label stand together; each tells its number, so that a short one can be read too.
    """
    labels = list(dict.fromkeys(label for numbers in series.values() for label in numbers))
    most = max((number for numbers in series.values() for number in numbers.values()), default=0) or 1
    parts, top = [f'<text x="12" y="24" font-weight="600">{escape(title)}</text>'], 44.0
    for label in labels:
        parts.append(f'<text x="12" y="{top + 14}">{escape(label)}</text>')
        for (name, numbers), colour in zip(series.items(), COLOURS, strict=False):
            if label in numbers:
                width = numbers[label] / most * (WIDTH - LEFT - RIGHT)
                told = escape(f"{number_of(numbers[label])} {name}")
                parts.append(
                    f'<rect x="{LEFT}" y="{top}" width="{max(width, 1):.1f}" height="{BAR - 4}" '
                    f'fill="{colour}"><title>{escape(label)}: {told}</title></rect>'
                    f'<text x="{LEFT + width + 6:.1f}" y="{top + 12}" font-size="13">{told}</text>'
                )
                top += BAR
        top += 10
    return SVG(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}" '
        f'height="{top:.0f}" role="img" font-family="sans-serif" font-size="14" fill="#222">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def number_of(value: float) -> str:
    """A number as a person writes it: 1,502 or 15.2 or 0.02."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2g}"
