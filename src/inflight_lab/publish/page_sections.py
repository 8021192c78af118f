"""The sections of a page, as links at its top."""

import re

HERE = "<!-- contents -->"
"""Where the template has room for them."""
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
