"""Pages: a results file in which each page says which one is next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from io import FileIO

import httpx

from inflight_lab.recipes.answers import NoAnswer
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
    has come.  It may also have a "pass_on", whose fields the page after it gets.
    """

    next_start = "The next start asks for these, and for all pages after them."

    def __init__(self, file: FileIO, items: Iterable[Record]) -> None:
        self.in_file: dict[str, Outcome] = {}  # by key, of whatever list
        self.after: dict[str, Record] = {}  # by the key of the page before
        super().__init__(file, items)

    def total(self) -> None:
        """Nobody knows how many pages there are."""

    def keep_known(self, answers: list[Outcome]) -> None:
        """Keep the pages of these lists, in whatever order they are in the file."""
        self.in_file = {answer["key"]: answer for answer in answers}
        for first in self.given:
            self.keep_from(first)

    def keep_from(self, page: Record) -> None:
        """Keep the pages of a list up to the first one that is not in the file."""
        for each in self.from_page_on(page):
            if each["key"] not in self.in_file:
                return
            self.keep(self.in_file[each["key"]])

    def keep(self, outcome: Outcome) -> None:
        """Keep the outcome of a page.  From then on the page after it is known too.

        If several pages link to a page, it follows the first of them.  So a list that
        links back to one of its own pages ends.
        """
        super().keep(outcome)
        url = outcome.get("next")
        if url and url not in self.items and "error" not in outcome:
            page = outcome.get("pass_on", {}) | {"key": url}
            self.items[url] = page
            self.after[outcome["key"]] = page

    def from_page_on(self, page: Record | None) -> Iterator[Record]:
        """Yield a page, then the page after it, and so on.

        Before you ask for another page, `keep` the one you have: it says which is next.
        """
        while page is not None:
            yield page
            page = self.after.get(page["key"])

    def missing_from(self, page: Record) -> Iterator[Record]:
        """Yield, one after another, the pages of a list that are not in the file."""
        for each in self.from_page_on(page):
            answer = self.in_file.get(each["key"])
            if answer is None:
                yield each
            else:
                self.keep(answer)

    def in_order(self) -> list[Outcome]:
        """The outcomes of all pages, list by list."""
        return [outcome for first in self.given for outcome in self.list_from(first)]

    def list_from(self, first: Record) -> list[Outcome]:
        """The outcomes of the pages of one list."""
        return [self.outcomes[page["key"]] for page in self.from_page_on(first)]

    def summary(self) -> str:
        """How many pages there are, and how many lists have all of theirs."""
        last_pages = [self.list_from(first)[-1] for first in self.given]
        complete = [page for page in last_pages if "error" not in page]
        lists = f"{len(complete)} of {len(last_pages)} lists are complete"
        return f"{len(self.answers())} pages are in {self.name}; {lists}."


def address_in(link: object, response: httpx.Response) -> str | None:
    """The whole address that a page links to, if it does.

    Raises ``NoAnswer`` if it is at another host, which must not get your token, or if
    it is no address.
    """
    if not link:
        return None
    if not isinstance(link, str):
        raise NoAnswer(
            f"the next page must be an address, got {link!r:.100}: change next_in_body"
        )
    here = response.url
    url = here.join(link)
    if url.netloc != here.netloc:
        host = f"{here.scheme}://{here.netloc.decode()}"
        raise NoAnswer(f"the next page is not at {host}: {url}")
    if here.scheme == "https":  # behind a proxy, an API may write http
        url = url.copy_with(scheme="https")
    return str(url)
