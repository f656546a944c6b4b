"""Folders of `save_pretrained`: a network and its tokenizer, opened as data alone.

The network is made by the class of transformers that its configuration names, and is given tensors that were read here:
transformers never sees the folder, so that it can neither run code of it nor look anything up elsewhere.
"""

import hashlib
import math
import pathlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import safetensors.torch
import torch

from auditkit.errors import AuditkitError, Mend, ModelFileRejected
from auditkit.plugins.models.archives import check_size
from auditkit.plugins.models.torch.huggingface.contents import CONFIG, INDEX, PICKLE, TOKENIZER, contents, placed
from auditkit.plugins.models.torch.huggingface.library import library
from auditkit.plugins.models.torch.huggingface.tokenizer import opened, record
from auditkit.plugins.models.torch.weights import torch_weights
from auditkit.text import number_of, one_line

WEIGHTS: Final = "model.safetensors"
MOST_CONFIG: Final = 10**7
"""Bytes of a configuration; the largest that are in use have a tenth of it."""
_REFUSED: Final[Mapping[str, str]] = {
    "auto_map": "names code of its own, which is never run; save the model from a class of transformers",
    "quantization_config": "holds a quantised network, which is not supported; save it in 32 or 16 bits",
    "fusion_config": "names fused layers, which are not supported",
    "transformers_weights": "names another file of weights, which is not looked up",
}


class Opened(NamedTuple):
    """What is in a folder."""

    network: Any
    tokenizer: Any
    """None where the folder has none."""


def read(folder: pathlib.Path, trust_pickle: bool) -> dict[str, bytes]:
    """{name: bytes} of all that decides the answers of a folder: configuration, weights, tokenizer.

    Raises:
        ModelFileRejected: something of it lacks, leads out of the folder, or is a pickle.
    """
    files = contents(folder, (CONFIG, *TOKENIZER, INDEX))
    if CONFIG not in files:
        raise ModelFileRejected(f"{folder.name}: a folder must be one of save_pretrained; there is no {CONFIG}")
    if len(files[CONFIG]) > MOST_CONFIG:
        raise ModelFileRejected(f"{folder.name}: {CONFIG} has {len(files[CONFIG]):,} bytes, which no configuration has")
    shards = record(files, INDEX, folder.name).get("weight_map", {})
    if not isinstance(shards, dict) or not all(isinstance(shard, str) for shard in shards.values()):
        raise ModelFileRejected(f"{folder.name}: {INDEX} must name a file for every tensor")
    names = sorted(set(shards.values())) or [WEIGHTS]
    if strange := next((name for name in names if not name.endswith(".safetensors")), None):
        raise ModelFileRejected(
            f"{folder.name}: weights must be .safetensors files; {one_line(strange, 80)!r} is named"
        )
    weights = contents(folder, names)
    if len(weights) < len(names):
        return files | _pickled(folder, names, trust_pickle)
    return files | weights


def _pickled(folder: pathlib.Path, names: list[str], trust_pickle: bool) -> dict[str, bytes]:
    if placed(folder, PICKLE) is None:
        lacking = next(name for name in names if placed(folder, name) is None)
        if placed(folder, "adapter_config.json") is not None:
            raise ModelFileRejected(
                f"{folder.name}: it holds an adapter alone; merge it into its network (merge_and_unload) and save that"
            )
        raise ModelFileRejected(f"{folder.name}: there is no {lacking}")
    if not trust_pickle:
        mend = Mend("--trust-pickle")
        raise ModelFileRejected(
            f"{folder.name}: {PICKLE} is a pickle, so it was not opened; save the network again with "
            f"save_pretrained, which writes {WEIGHTS}. If you trust whoever made it, run again with {mend}",
            mend=mend,
        )
    return contents(folder, (PICKLE,))


def size(folder: pathlib.Path) -> int:
    """Bytes of the plain files that lie in the folder itself."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and bytes of the files."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{len(name)}:{name}:{len(files[name])}:".encode() + files[name])
    return whole.hexdigest()


def load(files: Mapping[str, bytes], name: str, most: int) -> Opened:
    """The network and the tokenizer in the files.

    Args:
        files: as `read` gives them.
        name: of the folder, for messages.
        most: bytes that the network may take.

    Raises:
        ModelFileRejected: it is damaged, takes more, asks for code, or is no network that classifies.
    """
    facts = record(files, CONFIG, name)
    for key, why in _REFUSED.items():
        if key in facts:
            raise ModelFileRejected(f"{name}: {CONFIG} {why} ({key})")
    tensors = _tensors(files, name)
    with library() as transformers:
        network = _network(transformers, facts, tensors, name, most)
    tokenizer = opened(files, name) if TOKENIZER[0] in files else None
    if tokenizer is None and any(member in files for member in TOKENIZER):
        opened(files, name)  # says what lacks
    table = network.get_input_embeddings()
    places = len(table.weight) if isinstance(table, torch.nn.Embedding) else None
    if tokenizer is not None and places is not None and len(tokenizer) > places:
        raise ModelFileRejected(
            f"{name}: the tokenizer has {len(tokenizer):,} tokens, and the network places for {places:,}; they were "
            "not saved together"
        )
    return Opened(network, tokenizer)


def _tensors(files: Mapping[str, bytes], name: str) -> dict[str, torch.Tensor]:
    if PICKLE in files:
        weights = torch_weights(files[PICKLE])
        if not isinstance(weights, dict):
            raise ModelFileRejected(f"{name}: {PICKLE} must hold weights alone; it holds more, and is not unpickled")
        return weights
    tensors: dict[str, torch.Tensor] = {}
    for member in sorted(member for member in files if member.endswith(".safetensors")):
        shard = safetensors.torch.load(files[member])
        if twice := tensors.keys() & shard.keys():
            raise ModelFileRejected(f"{name}: two files of weights hold the tensor {one_line(min(twice), 80)!r}")
        tensors |= shard
    return tensors


def _network(transformers: Any, facts: dict[str, Any], tensors: dict[str, Any], name: str, most: int) -> Any:
    kind, architectures = facts.get("model_type"), facts.get("architectures") or [None]
    known = transformers.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING
    wanted = architectures[0] if isinstance(architectures, list) else None
    if not isinstance(kind, str) or kind not in transformers.CONFIG_MAPPING:
        raise ModelFileRejected(
            f"{name}: model_type must be one that transformers knows; {one_line(kind, 60)!r} stands there"
        )
    # The way to compute attention may be named as a package to be downloaded.
    plain = {key: value for key, value in facts.items() if "implementation" not in key}
    config = transformers.CONFIG_MAPPING[kind].from_dict(plain)
    made = known.get(type(config), None)
    made = next((one for one in made if one.__name__ == wanted), None) if isinstance(made, tuple) else made
    if made is None or made.__name__ != wanted:
        raise ModelFileRejected(
            f"{name}: it must hold a network that classifies texts or predicts a number for each, as "
            f"AutoModelForSequenceClassification opens; it holds {one_line(wanted, 80)!r}"
        )
    _check_shape(made, config, tensors, name, most)
    try:
        network, report = made.from_pretrained(
            None, config=config, state_dict=tensors, local_files_only=True, output_loading_info=True
        )
    except AuditkitError:
        raise
    except (RuntimeError, ValueError) as error:
        raise ModelFileRejected(f"{name}: the weights do not fit {CONFIG}: {one_line(error, 300)}") from error
    for noun in ("missing_keys", "mismatched_keys"):
        # transformers draws at random what is not there, and goes on.
        if lacking := sorted(map(str, report[noun])):
            raise ModelFileRejected(
                f"{name}: the weights do not fit {CONFIG}: {number_of(len(lacking), 'tensor')} "
                f"{'not there' if noun == 'missing_keys' else 'of another shape'}, such as {one_line(lacking[0], 120)}"
            )
    return network


def _check_shape(made: Any, config: Any, tensors: Mapping[str, Any], name: str, most: int) -> None:
    """Refuse a configuration that speaks of more than there are weights for, before memory is taken for it."""
    layers = getattr(config, "num_hidden_layers", 0)
    if isinstance(layers, int) and layers > len(tensors):
        raise ModelFileRejected(
            f"{name}: {CONFIG} speaks of {layers:,} layers, and the weights are {number_of(len(tensors), 'tensor')}"
        )
    with torch.device("meta"):
        outline = made(config)
    parts = [*outline.parameters(), *outline.buffers()]
    total = sum(math.prod(part.shape) * part.element_size() for part in parts)
    check_size(total, name, most, f"the network of its {CONFIG} would take")
