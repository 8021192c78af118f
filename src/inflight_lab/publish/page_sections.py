"""The sections of a page, as links at its top, and the names of the tables in them."""

import re

HERE = "<!-- contents -->"
"""Where the template has room for them."""
HEADING_OR_TABLE = re.compile(
    r'<h[1-3] id="(?P<id>[^"]*)"|<table>(?P<rows>.*?)</table>', re.DOTALL
)
HEADER = re.compile(r"<th(?=[ >])")
FIRST_CELL = re.compile(r"(<tr>\s*)<td([^>]*)>(.*?)</td>", re.DOTALL)
SECTION = re.compile(r'<h2 id="(?P<id>[^"]*)">(?P<title>.*?)<a class="anchor-link"')


def with_section_links(html: str) -> str:
    """The page with links to its sections, where the template has room for them."""
    return html.replace(HERE, section_links(html))


def section_links(html: str) -> str:
    """The sections of the page as a list of links, folded: HTML."""
    links = [
        f'<li><a href="#{section["id"]}">{section["title"]}</a></li>'
        for section in SECTION.finditer(html)
    ]
    return (
        '<nav class="contents" aria-label="This page"><details>'
        f"<summary>On this page</summary><ol>{''.join(links)}</ol>"
        "</details></nav>"
    )


def with_table_headers(html: str) -> str:
    """The page with tables of which a screen reader says what each cell is about.

    Their first row and column are headers, and their name is the heading above.
    """
    heading = ""

    def named(found: re.Match[str]) -> str:
        nonlocal heading
        heading = found["id"] or heading
        if not found["rows"]:
            return found[0]
        rows = HEADER.sub('<th scope="col"', found["rows"])
        rows = FIRST_CELL.sub(r'\1<th scope="row"\2>\3</th>', rows)
        return f'<table aria-labelledby="{heading}">{rows}</table>'

    return HEADING_OR_TABLE.sub(named, html)
