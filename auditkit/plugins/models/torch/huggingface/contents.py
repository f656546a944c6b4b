"""The files of a folder of `save_pretrained`: which may be read, and their bytes."""

import pathlib
import re
from collections.abc import Iterable
from typing import Final

from auditkit.errors import ModelFileRejected
from auditkit.text import one_line

CONFIG: Final = "config.json"
TOKENIZER: Final = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
"""What a tokenizer is read from; the first holds it, the others name its special tokens."""
INDEX: Final = "model.safetensors.index.json"
"""Which file holds which tensor, where there are several."""
PICKLE: Final = "pytorch_model.bin"
PLAIN: Final = re.compile(r"[\w][\w.-]*")
"""Names of files that lie in the folder itself."""


def contents(folder: pathlib.Path, members: Iterable[str]) -> dict[str, bytes]:
    """{name: bytes} of those of the files that are there.

    Raises:
        ModelFileRejected: there is no such folder, or a file cannot be read.
    """
    return {member: place.read_bytes() for member in members if (place := placed(folder, member)) is not None}


def placed(folder: pathlib.Path, member: str) -> pathlib.Path | None:
    """Where a file of the folder is; None where it is not there.

    Raises:
        ModelFileRejected: its name or a link leads out of the folder, it is no plain file, or there is no such folder.
    """
    if not folder.is_dir():
        raise ModelFileRejected(f"{folder.name}: there is no such folder")
    if not PLAIN.fullmatch(member):
        raise ModelFileRejected(
            f"{folder.name}: {one_line(member, 80)!r} must be the name of a file in the folder itself"
        )
    place = folder / member
    if not place.exists() and not place.is_symlink():
        return None
    target = place.resolve()
    if not target.is_file():
        raise ModelFileRejected(f"{folder.name}: {member} must be a plain file, and is none")
    home = folder.resolve()
    # In the cache of huggingface_hub a folder holds links to files beside it, which are named by their digests.
    cache = [home.parent.parent / "blobs"] if home.parent.name == "snapshots" else []
    if not any(target.is_relative_to(allowed) for allowed in (home, *cache)):
        raise ModelFileRejected(
            f"{folder.name}: {member} is a link that leads out of the folder; put the file itself there"
        )
    return target
