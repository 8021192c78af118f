"""At which line of the script most of something happened."""

from collections import Counter
from collections.abc import Iterable


def where(lines: Iterable[str]) -> str:
    """`` (main.py:12)``, to end a sentence with; "" unless most are of one line."""
    counts = Counter(lines)
    if not counts:
        return ""
    line, count = counts.most_common(1)[0]
    is_usual = count > counts.total() / 2
    return f" ({line})" if line and is_usual else ""
