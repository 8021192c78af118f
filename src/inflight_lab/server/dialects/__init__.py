"""What refusals say: the dialects of APIs that people meet, a file each.

`PracticeServer` takes the names in `DIALECTS`.  Status, headers and body are those that
each API documents, with its texts shortened.  The sources are in the docstrings.
"""

from inflight_lab.server.dialects.anthropic import Anthropic
from inflight_lab.server.dialects.azure import Azure
from inflight_lab.server.dialects.dialect import Dialect
from inflight_lab.server.dialects.draft import Draft
from inflight_lab.server.dialects.gemini import Gemini
from inflight_lab.server.dialects.github import GitHub
from inflight_lab.server.dialects.openai import OpenAI

DIALECTS: dict[str, Dialect] = {
    "draft": Draft(),
    "github": GitHub(),
    "openai": OpenAI(),
    "azure": Azure(),
    "anthropic": Anthropic(),
    "gemini": Gemini(),
}
