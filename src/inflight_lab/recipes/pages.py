"""Pages: a results file in which each page says which one is next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from io import FileIO

import httpx

from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile, open_file


@contextmanager
def open_pages(path: str, first: Iterable[str]) -> Iterator[Pages]:
    """Open a file with the pages so far; ``first`` is where each list begins."""
    items = [{"key": url} for url in first]
    with open_file(path) as file, closing(Pages(file, items)) as pages:
        yield pages


class Pages(ResultsFile):
    """The pages of several lists.

    Only the first page of each list is known at the beginning.  The answer of a page
    has the address of the page after it, as "next", so the file says how far each list
    has come.
    """

    def __init__(self, file: FileIO, items: Iterable[Record]) -> None:
        self.after: dict[str, Record] = {}  # by the key of the page before
        super().__init__(file, items)

    def keep(self, outcome: Outcome) -> None:
        """Keep the outcome of a page.  From then on the page after it is known too.

        A page that several pages lead to is after the first of them only.
        """
        super().keep(outcome)
        url = outcome.get("next")
        if url and url not in self.items and "error" not in outcome:
            page = {"key": url}
            self.items[url] = page
            self.after[outcome["key"]] = page

    def from_page_on(self, page: Record | None) -> Iterator[Record]:
        """Yield a page, and then each page after it that is known by then."""
        while page is not None:
            yield page
            page = self.after.get(page["key"])

    def in_order(self) -> list[Outcome]:
        """The outcomes of all pages, list by list."""
        outcomes = []
        for first in self.given:
            outcomes += [
                self.outcomes[page["key"]] for page in self.from_page_on(first)
            ]
        return outcomes


def address_in(link: str | None, response: httpx.Response) -> str | None:
    """The whole address that a page links to, if it does.

    Raises ``ValueError`` if it is at another host, which must not get your token.
    """
    if not link:
        return None
    url = response.url.join(link)
    if (url.scheme, url.netloc) != (response.url.scheme, response.url.netloc):
        raise ValueError(f"the next page is at another host: {url}")
    return str(url)
