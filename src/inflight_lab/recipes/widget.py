"""The snippet maker as a widget: a recipe, its settings, the code, a Copy button."""

import ast
import html
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.snippet import assignment_of, other_rungs, snippet

SETTINGS = ("URL", "QUOTAS", "LIMIT", "RESULTS")
FOLDED = """\
<details><summary>The code of <code>{recipe}</code>: {lines:,} lines</summary>
<pre class="ifl-snippet" tabindex="0"><code>{code}</code></pre></details>
"""


class SnippetMaker(anywidget.AnyWidget):
    """Shows a recipe or a rung as one script, with your settings.

    ``recipe`` is the one that it shows, ``code`` its code, and ``recipes`` what there
    is to choose.
    """

    _esm = Path(__file__).with_name("widget.js")
    _css = Path(__file__).with_name("widget.css")
    recipes = traitlets.Dict(read_only=True).tag(sync=True)
    recipe = traitlets.Unicode("fetch_all", read_only=True).tag(sync=True)
    code = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.set_trait("recipes", things_to_choose())
        self.set_trait("code", snippet(self.recipe))
        self.on_msg(self._choose)

    def _choose(self, _: object, choice: dict[str, Any], buffers: object) -> None:
        """Show what a person chose, and answer what is wrong with it.

        A page without a kernel gets no answer, and goes on showing the code.
        """
        recipe, settings = choice["recipe"], in_python(choice["settings"])
        try:
            code = snippet(recipe, notebook=choice["notebook"], **settings)
        except (TypeError, ValueError) as error:
            self.send({"error": str(error)})
            return
        self.set_trait("code", code)
        self.set_trait("recipe", recipe)
        self.send({"error": ""})

    def _repr_mimebundle_(
        self, **options: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and its code for a page that shows no widgets."""
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        data["text/html"] = FOLDED.format(
            recipe=self.recipe,
            lines=len(self.code.splitlines()),
            code=html.escape(self.code),
        )
        return data, metadata


def things_to_choose() -> dict[str, Any]:
    """What each recipe or rung is, and its settings; a rung has none."""
    things = {
        name: {"about": about, "settings": settings_of(name)}
        for name, about in RECIPES.items()
    }
    for name, about in other_rungs().items():
        things[name] = {"about": about, "settings": {}}
    return things


def settings_of(recipe: str) -> dict[str, Any]:
    """The settings that a recipe has, with its own values."""
    code = Path(__file__).with_name(f"{recipe}.py").read_text(encoding="utf-8")
    settings = {}
    for name in SETTINGS:
        assignment = assignment_of(name, code)
        if assignment is not None:
            _, _, value = assignment.partition("=")
            settings[name] = ast.literal_eval(value.strip())
    return settings


def in_python(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as they stand in the code: pairs are tuples."""
    if "QUOTAS" not in settings:
        return settings
    return settings | {"QUOTAS": [tuple(quota) for quota in settings["QUOTAS"]]}
