"""Texts as sequences of whole numbers, of which the first one that differs decides: versions, addresses of networks."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

VERSION: Final = re.compile(r"v?\.? ?(\d+(?:\.\d+)+)")
HARDWARE: Final = re.compile(r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}")


def versions(texts: Sequence[str]) -> list[float] | None:
    """Ranks of versions such as 1.10.2, some of which have three parts or more; None where a text is none."""
    matches = [VERSION.fullmatch(text) for text in texts]
    # 1.10 comes after 1.9, as it does not among texts and numbers.
    keys = [tuple(map(int, version[1].split("."))) for version in matches if version is not None]
    if len(keys) < len(texts) or max(map(len, keys)) < 3:
        return None
    return _ranks(keys)


def addresses(texts: Sequence[str]) -> list[float] | None:
    """Ranks of addresses of networks: IP of either kind, with and without a mask, and of hardware."""
    if all(HARDWARE.fullmatch(text) for text in texts):
        return _ranks([(int(re.sub("[:-]", "", text), 16),) for text in texts])
    try:
        interfaces = [ipaddress.ip_interface(text) for text in texts]
    except ValueError:
        return None
    return _ranks([(interface.version, int(interface), interface.network.prefixlen) for interface in interfaces])


def _ranks(keys: Sequence[tuple[int, ...]]) -> list[float]:
    """The rank of each key among those that differ, from 0: an address of 128 bits is no float."""
    rank_of = {key: float(rank) for rank, key in enumerate(sorted(set(keys)))}
    return [rank_of[key] for key in keys]
