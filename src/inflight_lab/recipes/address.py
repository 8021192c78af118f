"""Address: where an item is."""

from urllib.parse import quote


def url_of(template: str, id: object) -> str:
    """The template with an id in place of {id}, even if the id is "a/b" or ".."."""
    quoted = quote(str(id), safe="").replace(".", "%2E")
    return template.replace("{id}", quoted)
