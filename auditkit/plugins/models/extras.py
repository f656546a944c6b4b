"""Which extra a file of a model needs."""

import importlib.util
from typing import Final

from auditkit.errors import DISTRIBUTION

EXTRAS: Final = {
    ".ubj, .json": ("xgboost", "xgboost"), ".txt": ("lightgbm", "lightgbm"), ".cbm": ("catboost", "catboost"),
    ".onnx": ("onnxruntime", "onnx"), ".keras": ("keras", "keras"),
    ".safetensors, .pt2, .pt": ("torch", "torch"),
}  # fmt: skip
"""{ends of names: (the package that reads such files, the extra that brings it)}; `.skops` needs none."""


def file_needs() -> dict[str, str]:
    """{ends of names of files: the extra that they need, and whether its package is installed}; nothing is imported."""
    return {
        ends: f"{DISTRIBUTION}[{extra}], {'installed' if importlib.util.find_spec(package) else 'not installed'}"
        for ends, (package, extra) in EXTRAS.items()
    }
