"""Inputs that a module looks up, as in an embedding: whole numbers, each a place in a table."""

import torch

from auditkit.errors import ModelError

_WANTS = ("one of the following scalar types: Long", "applicable to index tensor", "used as indices must be")
_OUTSIDE = ("index out of range in self", "out of bounds for dimension", "Class values must be")
_EMBEDDINGS = ("Embedding", "EmbeddingBag")
NOTE = "the module looks its inputs up, so they are handed over as whole numbers"


def has_embedding(module: torch.nn.Module) -> bool:
    """Whether a layer of the module, scripted or traced ones included, is an embedding."""
    return any(getattr(layer, "original_name", type(layer).__name__) in _EMBEDDINGS for layer in module.modules())


def wants_words(error: Exception) -> bool:
    """Whether a module failed because it looks its inputs up and was given floats."""
    return any(words in str(error) for words in _WANTS)


def as_words(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """Floats that are whole numbers, as whole numbers.

    Raises:
        ModelError: one is not.
    """
    # A table of numbers comes as floats; only whole ones can be positions.
    strange = tensor[tensor != tensor.round()] if tensor.is_floating_point() else tensor[:0]
    if len(strange):
        raise ModelError(
            f"{name}: the module looks its inputs up, as in an embedding, which takes whole numbers; they hold "
            f"{float(strange.flatten()[0]):g}. Take out what the module never sees, or pass preprocess=, a callable "
            "that makes the numbers of words of the inputs"
        )
    return tensor.to(torch.int64)


def refuse_unknown(error: Exception, encoded: torch.Tensor, module: torch.nn.Module, name: str) -> None:
    """Say in a sentence that a number among the inputs is no place in the module's table.

    Raises:
        ModelError: that is why it failed.
    """
    if encoded.is_floating_point() or not any(words in str(error) for words in _OUTSIDE):
        return
    sizes = sorted({len(layer.weight) for layer in module.modules() if isinstance(layer, torch.nn.Embedding)})
    known = f" (its embeddings have {', '.join(map(str, sizes))} places)" if sizes else ""
    least, most, shape = int(encoded.min()), int(encoded.max()), tuple(encoded.shape[1:])
    raise ModelError(
        f"{name}: the module has no place for a number that it looks up{known}; the inputs go from {least} to {most} "
        f"and have the shape {shape} a row. Number the words as the module was trained, cut rows that are longer than "
        "it knows, or pass preprocess=, a callable that does so"
    ) from error
