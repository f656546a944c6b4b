"""The one door to transformers: offline, quiet, and left as it was found. Importing this file imports it."""

import contextlib
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from auditkit.errors import require


def _imported() -> Any:
    """transformers, also where a package that it needs for pictures alone is there and cannot be imported."""
    # A torchvision that was built for another torch raises, and no network of texts could be imported for it.
    if "transformers" not in sys.modules and "torchvision" not in sys.modules:
        try:
            importlib.import_module("torchvision")
        except Exception:
            sys.modules["torchvision"] = None  # type: ignore[assignment] # as Python marks what is not to be imported
    return require("transformers", "transformers")


_TRANSFORMERS = _imported()


@contextlib.contextmanager
def library() -> Iterator[Any]:
    """transformers, which meanwhile asks no server, shows no progress, and says nothing but errors."""
    hub: Any = importlib.import_module("huggingface_hub.constants")
    logging = _TRANSFORMERS.utils.logging
    offline, verbosity, bars = hub.HF_HUB_OFFLINE, logging.get_verbosity(), logging.is_progress_bar_enabled()
    hub.HF_HUB_OFFLINE = True
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield _TRANSFORMERS
    finally:
        hub.HF_HUB_OFFLINE = offline
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
