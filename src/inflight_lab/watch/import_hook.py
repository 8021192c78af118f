"""Replaces functions of a library right after the script imports it."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from functools import wraps
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Function = Callable[..., Any]
Hooks = dict[str, Callable[[Function], Function]]
"""By a function's path within its module: what makes its replacement."""


class HookingFinder:
    """Finds the modules of ``hooks`` as usual, and hooks each once it is executed."""

    def __init__(self, hooks: dict[str, Hooks]) -> None:
        self._hooks = hooks

    def install(self) -> None:
        """Hook what is imported already, and from now on what will be."""
        for name in self._hooks.keys() & sys.modules.keys():
            hook(sys.modules[name], self._hooks.pop(name))
        sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Where the module ``name`` is; None leaves it to the other finders."""
        hooks = self._hooks.pop(name, None)  # so this finder passes it on below
        spec = importlib.util.find_spec(name) if hooks else None
        if not hooks or not spec or not spec.loader:
            return None
        execute = spec.loader.exec_module

        def execute_and_hook(module: ModuleType) -> None:
            execute(module)
            hook(module, hooks)

        spec.loader.exec_module = execute_and_hook  # type: ignore[method-assign]
        return spec


def _look_like_one(function: Function) -> None:
    """Have `inspect.iscoroutinefunction` say yes, as of what it replaces."""
    mark = getattr(inspect, "markcoroutinefunction", None)  # from Python 3.12 on
    if mark:
        mark(function)


def hook(module: Any, hooks: Hooks) -> None:
    """Replace functions of ``module``, or say that it cannot be watched."""
    try:
        for path, make_replacement in hooks.items():
            *owner, name = path.split(".")
            parent = getattr(module, *owner) if owner else module
            original = getattr(parent, name)
            replacement = wraps(original)(make_replacement(original))
            if inspect.iscoroutinefunction(original):
                _look_like_one(replacement)
            setattr(parent, name, replacement)
    except Exception as error:
        # The script goes on, whatever a later release of the library has changed.
        message = f"watch: this {module.__name__} cannot be watched: {error!r}"
        print(message, file=sys.stderr)
