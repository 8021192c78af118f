"""Simulated runs on pages that have no Python."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

from inflight_lab.plot.modules import joined, without_comments

STAGE = Path(__file__).parents[1] / "stage"
STYLES = [STAGE / f"{name}.css" for name in ("stage", "slider", "toy")]


def toy_html(settings: Mapping[str, object], still: str = "") -> str:
    """A run that the page computes.  ``stage/toy.js`` says what the settings are.

    ``still`` is the HTML that stands there without JavaScript, and on paper.  The page
    needs `toy_parts` once, too.
    """
    given = escape(json.dumps(settings))
    picture = f'<div class="ifl-still">{still}</div>'
    return f'<inflight-toy data-settings="{given}">{picture}</inflight-toy>'


def toy_parts() -> str:
    """The style and the script that a page with simulated runs needs once."""
    css = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    script = without_comments(joined(STAGE / "page.js"))
    style = without_comments(css)
    return f'<style>\n{style}</style>\n<script type="module">\n{script}</script>'
