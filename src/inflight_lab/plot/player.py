"""Recorded runs as HTML that plays, in a page that no kernel stands behind.

The same JavaScript draws them as in the live plot.  It asks nothing from anywhere, so a
page plays from the file system too.  Where there is no JavaScript, and on paper, the
still picture stands in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from inflight_lab.plot.modules import joined, without_comments
from inflight_lab.plot.widget import PLOT
from inflight_lab.runs.recording import as_text
from inflight_lab.runs.run import Run

MOMENTS = ("not arrived", "asleep", "refused", "fullest window", "steady")
"""What a page may show of a run while nothing moves: the moment when a crowd of
requests had not arrived for long, or the most slots were asleep; the first refusal; the
fullest window of the quota; one in the middle.

``js/decisive_moment.js`` finds them."""

STYLES = (PLOT / "live_plot.css", PLOT / "player.css")


class Recorded(NamedTuple):
    """Runs that were recorded together."""

    runs: Mapping[str, Run]
    """By name, side by side."""
    limit: int | None = None
    """The limit at which they were recorded, for the slider between recordings."""


def player_html(
    recorded: Sequence[Recorded],
    still: str,
    *,
    view: str = "both",
    strip: str = "in flight",
    moment: str = "",
) -> str:
    """A player for ``recorded``; ``still`` is the HTML of its still picture.

    Several have runs of the same names, recorded at different limits: then a slider
    switches between them, and says that they are recordings.  ``view`` is "both",
    "requests" or "lines"; ``strip`` what stands below the requests: "in flight", the
    "rate", or "all" strips.  ``moment`` is what is shown while nothing moves, one of
    `MOMENTS`; without it, or in a run that has no such moment, it is the one that says
    most about the run.  The page needs `page_parts` once, too.

    Raises ``ValueError`` if nothing was recorded.
    """
    if not recorded:
        raise ValueError(f"recorded must have at least one recording, got {recorded!r}")
    scripts = "\n".join(_scripts(recorded))
    chosen = f' data-moment="{escape(moment)}"' if moment else ""
    return (
        f'<inflight-run data-view="{escape(view)}" data-strip="{escape(strip)}"'
        f"{chosen}>\n"
        f'<div class="ifl-still">{still}</div>\n{scripts}\n</inflight-run>'
    )


def page_parts() -> str:
    """The style and the script that a page with players needs once."""
    script = without_comments(joined(PLOT / "js" / "player" / "page.js"))
    css = without_comments(style())
    return f'<style>\n{css}</style>\n<script type="module">\n{script}</script>'


def style() -> str:
    """The style sheet of players, in a page and in a widget."""
    return "".join(path.read_text(encoding="utf-8") for path in STYLES)


def _scripts(recorded: Sequence[Recorded]) -> Iterator[str]:
    for runs, limit in recorded:
        attribute = "" if limit is None else f' data-limit="{limit}"'
        recording = as_text(runs).replace("<", "\\u003c")  # no name ends the script
        yield f'<script type="application/json"{attribute}>{recording}</script>'
