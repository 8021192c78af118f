"""What a page shows of a cell's outputs: players, where there were widgets."""

from collections.abc import Iterable, Sequence
from typing import Any

from inflight_lab.plot.plain_picture import STARTED
from inflight_lab.plot.player import Recorded, player_html
from inflight_lab.publish.printed_text import as_printed_at_last
from inflight_lab.publish.recorded_outputs import (
    is_recorded,
    limit_of,
    other_limit_of,
    place_of,
    runs_of,
)
from inflight_lab.runs.run import Run

WIDGET = "application/vnd.jupyter.widget-view+json"


def for_a_page(
    outputs: Sequence[Any], open_live: str, *, moment: str = ""
) -> list[Any]:
    """The outputs as a page shows them, which has no widgets.

    The pictures of one widget become one player, with ``open_live`` below it, which is
    HTML; while nothing moves it shows that ``moment``.  Another widget is shown as the
    HTML that it brings, if it does.  A line says where nothing was sent.  Of a progress
    bar, only its end is left.
    """
    outputs = as_printed_at_last(outputs)
    players = players_in(outputs, moment=moment)
    not_run = as_output(f"<p>Nothing was sent here. {open_live}</p>")
    shown: list[Any] = []
    for output in outputs:
        if is_without_requests(output):
            if not_run not in shown:
                shown.append(not_run)
        elif is_recorded(output):
            player = players.pop(place_of(output).widget, None)
            if player:
                shown.append(as_output(player + paragraph(open_live)))
        elif not is_widget(output):
            shown.append(output)
        elif "text/html" in output.data:
            shown.append(as_output(output.data["text/html"]))
    return shown


def players_in(outputs: Iterable[Any], *, moment: str) -> dict[str, str]:
    """The HTML of a player for each widget whose runs were recorded, by its id."""
    recorded: dict[str, list[Any]] = {}
    for output in outputs:
        if is_recorded(output):
            recorded.setdefault(place_of(output).widget, []).append(output)
    return {widget: player_of(each, moment=moment) for widget, each in recorded.items()}


def player_of(outputs: Sequence[Any], *, moment: str) -> str:
    """One player of all that was recorded of a widget.

    What the cell itself recorded comes first, with its pictures.
    """
    own: dict[str, Run] = {}
    others: dict[int, dict[str, Run]] = {}
    pictures = ""
    for output in outputs:
        limit = other_limit_of(output)
        if limit is None:
            own |= runs_of(output)
            pictures += output.data["text/html"]
        else:
            others.setdefault(limit, {}).update(runs_of(output))
    place = place_of(outputs[0])
    recorded = in_order_of_limits(own, others)
    return player_html(
        recorded, pictures, view=place.view, strip=place.strip, moment=moment
    )


def in_order_of_limits(
    own: dict[str, Run], others: dict[int, dict[str, Run]]
) -> list[Recorded]:
    """What a slider switches between."""
    limit = limit_of(own)
    if limit is None:
        return [Recorded(own)]
    at_limits = others | {limit: own}
    return [Recorded(at_limits[limit], limit) for limit in sorted(at_limits)]


def paragraph(html: str) -> str:
    """A paragraph; none if there is nothing in it."""
    return f"<p>{html}</p>" if html else ""


def as_output(html: str) -> Any:
    """An output that shows this HTML."""
    from nbformat.v4 import new_output

    return new_output("display_data", data={"text/html": html})


def is_widget(output: Any) -> bool:
    """Whether a kernel would draw it."""
    return WIDGET in output.get("data", {})


def is_without_requests(output: Any) -> bool:
    """Whether it is the picture of a run that has not begun."""
    metadata: dict[str, Any] = output.get("metadata", {})
    return metadata.get(STARTED) == 0
