"""The command that prints the code that fixes what stands out."""

from dataclasses import dataclass

WHOLE_SCRIPTS = (
    "paced",
    "fetch_all",
    "send_all",
    "with_aiohttp",
    "with_requests",
    "with_openai",
    "language_model",
)
"""The recipes that a finding may name; it may name rungs besides."""
OUTPUT = "--output fixed.py"
"""Writes a short script and a file beside it, where a whole one has 1,500 lines."""


@dataclass(frozen=True)
class Command:
    """``inflight-lab snippet`` for a recipe or a rung, with what it fills in."""

    recipe: str
    options: tuple[str, ...] = ()
    """The quotas, such as ``--rate 5 --period 1``."""
    url: str = ""
    headers: tuple[str, ...] = ()
    """Their names."""
    note: str = ""
    """Sentences on what to know before it is used; "" if there are none."""

    def __str__(self) -> str:
        """As it is typed."""
        words = ["inflight-lab snippet", self.recipe, *self.options]
        if self.url:
            words.append(f'--url "{self.url}"')
        words += [f"--header {name}" for name in self.headers]
        if self.prints_a_script:
            words.append(OUTPUT)
        return " ".join(words)

    @property
    def prints_a_script(self) -> bool:
        """Whether it prints a whole script, not a rung."""
        return self.recipe in WHOLE_SCRIPTS

    @property
    def script(self) -> tuple[str, str]:
        """What it prints: commands for the same differ in what they fill in."""
        return self.recipe, self.url

    def count_settings(self) -> int:
        """How much it fills in."""
        return len(self.options) + len(self.headers)
