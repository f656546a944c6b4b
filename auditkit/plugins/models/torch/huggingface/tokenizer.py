"""Tokenizers: live, or out of a folder of `save_pretrained`, read as data alone."""

import inspect
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any, Final

from auditkit.errors import ModelFileRejected
from auditkit.plugins.models.torch.huggingface.contents import TOKENIZER, contents
from auditkit.plugins.models.torch.huggingface.library import library
from auditkit.plugins.models.torch.tokenization import Tokenization
from auditkit.text import class_name, one_line

_TOKENS: Final = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_PLACES: Final = frozenset({"position_embeddings", "wpe", "embed_positions"})
_SIDES: Final = ("left", "right")


def tokenization(tokenizer: Any, module: Any, name: str) -> Tokenization:
    """What makes the inputs of a module of texts.

    Args:
        tokenizer: of transformers, or the path of a folder that holds one.
        module: for what it accepts and how many tokens it takes.
        name: of the model, for messages.

    Raises:
        ModelError: it is no tokenizer.
        ModelFileRejected: the folder holds none that is safe to open.
    """
    if isinstance(tokenizer, str | os.PathLike):
        folder = pathlib.Path(tokenizer)
        tokenizer = opened(contents(folder, TOKENIZER), folder.name)
    ordered = bool(_place_tables(module))
    return Tokenization(tokenizer, accepted(module), longest(module), name, counts_places=ordered)


def opened(files: Mapping[str, bytes], name: str) -> Any:
    """A tokenizer out of the bytes of its files; nothing is looked up elsewhere, and no code of theirs is run.

    Raises:
        ModelFileRejected: tokenizer.json is not there or damaged, or a file asks for code.
    """
    if TOKENIZER[0] not in files:
        raise ModelFileRejected(
            f"{name}: there is no {TOKENIZER[0]}; open the tokenizer with AutoTokenizer.from_pretrained(…) where it "
            "was made, and save it again beside the model with tokenizer.save_pretrained(folder)"
        )
    facts = {**record(files, TOKENIZER[2], name), **record(files, TOKENIZER[1], name)}
    if "auto_map" in facts:
        raise ModelFileRejected(f"{name}: {TOKENIZER[1]} names code of its own (auto_map), which is never run")
    tokens = {key: _content(facts[key], key, name) for key in _TOKENS if facts.get(key) is not None}
    sides = {key: facts[key] for key in ("padding_side", "truncation_side") if facts.get(key) in _SIDES}
    limit = facts.get("model_max_length")
    known = {"model_max_length": int(limit)} if isinstance(limit, int | float) and limit >= 1 else {}
    with library() as transformers:
        inside = _backend(files[TOKENIZER[0]], name)
        return transformers.PreTrainedTokenizerFast(tokenizer_object=inside, **tokens, **sides, **known)


def _backend(data: bytes, name: str) -> Any:
    import tokenizers  # comes with transformers

    try:
        return tokenizers.Tokenizer.from_str(data.decode("utf-8"))
    except BaseException as error:  # a fault in Rust is no Exception
        if not isinstance(error, Exception) and class_name(error) != "PanicException":
            raise
        raise ModelFileRejected(f"{name}: {TOKENIZER[0]} is damaged: {one_line(error, 200)}") from None


def record(files: Mapping[str, bytes], member: str, name: str) -> dict[str, Any]:
    """A JSON object out of one of the files; empty where there is no such file.

    Raises:
        ModelFileRejected: it is none.
    """
    if member not in files:
        return {}
    try:
        values = json.loads(files[member])
    except (ValueError, RecursionError) as error:
        raise ModelFileRejected(f"{name}: {member} is no JSON: {one_line(error, 200)}") from error
    if not isinstance(values, dict):
        raise ModelFileRejected(f"{name}: {member} must hold an object; it holds a {class_name(values)}")
    return values


def _content(token: Any, key: str, name: str) -> str:
    text = token.get("content") if isinstance(token, dict) else token
    if not isinstance(text, str):
        raise ModelFileRejected(f"{name}: {key} of the tokenizer must be a text; {one_line(token, 80)} stands there")
    return text


def accepted(module: Any) -> frozenset[str] | None:
    """The arguments that a module can be given by name; None: any."""
    inner = getattr(module, "inner", module)
    try:
        parameters = inspect.signature(inner.forward).parameters
    except (TypeError, ValueError):  # a scripted module keeps its arguments elsewhere
        return None
    wildcard = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    # Networks of transformers take further arguments for their inner layers, and none of them is made by a tokenizer.
    return None if wildcard and not hasattr(inner, "config") else frozenset(parameters)


def longest(module: Any) -> int | None:
    """How many tokens a network has places for; None where nothing limits them."""
    places = getattr(getattr(getattr(module, "inner", module), "config", None), "max_position_embeddings", None)
    if not isinstance(places, int):
        return None
    # Networks after RoBERTa begin to count behind the number that fills up.
    used = [table.padding_idx + 1 for table in _place_tables(module) if getattr(table, "padding_idx", None) is not None]
    return places - max(used, default=0)


def _place_tables(module: Any) -> list[Any]:
    """The layers that tell a network at which place from the start a word stands."""
    layers = module.named_modules() if hasattr(module, "named_modules") else ()
    return [layer for name, layer in layers if name.rpartition(".")[2] in _PLACES and hasattr(layer, "weight")]
