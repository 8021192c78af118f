"""What a reader reads of a notebook's outputs."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
OF_A_RUN = "Requests over time"
"""How the words of a run's picture begin: they say all that its drawing says."""


def words_of(output: Mapping[str, Any]) -> str:
    """The words of a stream, a result, or a picture; a widget's are in its page."""
    if output["output_type"] == "stream":
        return str(output["text"])
    data = output.get("data", {})
    if WIDGET in data:
        return ""
    return f"{data.get('text/plain', '')}\n{words_of_drawing(data)}"


def words_of_drawing(data: Mapping[str, Any]) -> str:
    """What is written in a drawing: beside each bar its number and its name."""
    svg = data.get("image/svg+xml", "")
    if OF_A_RUN in svg:
        return ""
    written = re.findall(r"<text[^>]*>([^<]*)", svg)
    return "".join(f"{html.unescape(text)}\n" for text in written)
