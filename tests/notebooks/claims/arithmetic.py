"""Numbers of the prose that stand neither in the code nor in what it prints.

Each is computed from numbers that do, or comes from a document (`Documented`).  A key
is a piece of the prose, or of a table's row, with the number in it, as short as it can
be and still be found once.  A piece with several numbers has as many expressions, in a
tuple.  An expression is Python; what a cell printed is ``printed("code-cell")[0]``.
`Apart` is for a number of something that no cell here runs, which is not to be compared
with what is printed beside it.
"""

from __future__ import annotations

from tests.support.claimed_numbers import Explained

NUMBERS: dict[str, Explained] = {
    "00": {},
    "01": {},
    "02": {},
    "03": {},
    "04": {},
    "05": {},
    "06": {},
    "07": {},
    "08": {},
    "09": {},
    "10": {},
    "11": {},
    "12": {},
    "13": {},
    "compare_limiters": {},
    "glossary": {},
}
"""By the notebook's number, or its name if it has none."""
