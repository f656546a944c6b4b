"""Settings of libraries that change what a model answers: a process that was not forked is given them too."""

import sys
from typing import Any


def settings_here() -> dict[str, Any]:
    """{library: its settings in this process}, of those that are loaded; what JSON can hold."""
    settings: dict[str, Any] = {}
    sklearn: Any = sys.modules.get("sklearn")
    if sklearn is not None:
        settings["sklearn"] = sklearn.get_config()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        settings["torch"] = str(torch.get_default_dtype()).removeprefix("torch.")
    return settings


def take_settings(settings: dict[str, Any]) -> None:
    """Set the same in this process.

    Args:
        settings: as `settings_here` gave them.
    """
    if "sklearn" in settings:
        import sklearn

        sklearn.set_config(**settings["sklearn"])
    if "torch" in settings:
        import torch

        torch.set_default_dtype(getattr(torch, settings["torch"]))
