"""A model file is opened in a process of its own first: a parser in C, or the user's own code, can end its process."""

import contextlib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditkit.errors import ModelFileRejected
from auditkit.memory import machine_memory
from auditkit.workers.rehearsal import rehearse

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "skops": ("skops.io", "sklearn.ensemble"), "xgboost": ("xgboost",), "lightgbm": ("lightgbm",),
    "exported": ("torch.export",), "torch": ("torch",), "safetensors": ("safetensors.torch",), "pickle": ("joblib",),
    "onnx": ("auditkit.plugins.models.onnx", "onnxruntime"), "torchscript": ("torch.export",),
    "huggingface": ("auditkit.plugins.models.torch.huggingface.library", "transformers.modeling_utils"),
    "catboost": ("catboost",), "keras": ("torch",),
}  # fmt: skip
"""{format that is rehearsed: what reads it}; imported before the fork, so that the import is not made twice."""
COUNTED: Final = frozenset(
    {"skops", "xgboost", "lightgbm", "exported", "onnx", "huggingface", "torchscript", "catboost", "keras"}
)
"""Formats whose memory is known from the file; of the others the user's own code is run."""
OWN: Final = 64 * 10**6
"""Bytes that every process may take, whatever it opens: a fork copies each page that it writes to."""
_WAYS_OUT: Final[Mapping[str, str]] = {
    "memory": ". If that is meant, give memory_limit under [model] more",
    "time": "; it is damaged, or not what it seems. If it takes as long, say rehearse = false under [model]",
    "died": "; it is damaged, or what opens it is at fault. Save the model again, with the versions that are installed "
    "here",
}


def rehearse_file(form: str, name: str, most: int, open_it: Callable[[], Any]) -> None:
    """Open a file in a process of its own, and see whether that process lives through it.

    Args:
        form: the format.
        name: of the file.
        most: bytes that opening it may take.
        open_it: opens it.

    Raises:
        ModelFileRejected: it ended its process, or took more time or memory than it may.
    """
    if form not in LIBRARIES:
        return
    for library in LIBRARIES[form]:
        with contextlib.suppress(Exception):  # what lacks is said where the file is opened
            importlib.import_module(library)
    memory = max(OWN, most) if form in COUNTED else machine_memory()
    rehearse(f"{name}: opening the {form} file", open_it, memory, ModelFileRejected, _WAYS_OUT)
