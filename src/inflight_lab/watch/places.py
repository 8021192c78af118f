"""Lines of the script, where the events know them."""

from collections import Counter
from collections.abc import Iterable


def where(places: Iterable[str]) -> str:
    """`` (main.py:12)``, to end a sentence with; "" unless most are at one line."""
    counts = Counter(places)
    if not counts:
        return ""
    place, count = counts.most_common(1)[0]
    is_usual = count > counts.total() / 2
    return f" ({place})" if place and is_usual else ""
