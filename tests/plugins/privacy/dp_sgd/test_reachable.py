"""Whatever an object can reach is found, under the name of its place; no key that may be a row is shown."""

from __future__ import annotations

import collections
import functools
import io
import logging
import threading
import types
import weakref
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from auditkit.plugins.privacy.dp_sgd.reachable import reachable

ROWS = np.arange(12.0).reshape(3, 4)


class Plain:
    """An object that anything can be put on."""


class Slotted:
    __slots__ = ("kept",)

    def __init__(self, kept: Any) -> None:
        self.kept = kept


def generating(rows: Any) -> Any:
    yield rows


def elsewhere(code: str, **known: Any) -> Any:
    """The function of this code in a module of its own."""
    space = {"__name__": "elsewhere", **known}
    exec(code, space)
    return space["function"]


def by_any_name() -> Any:
    return elsewhere("def function(): return globals()['ROW' + 'S']", ROWS=ROWS)


def by_setattr() -> Any:
    own = types.ModuleType("own")
    own.ROWS = ROWS  # type: ignore[attr-defined]
    return elsewhere("def function(): setattr(own, 'ROW' + 'S', 1)", own=own)


def closing(rows: Any) -> Any:
    return lambda: rows


def holders() -> dict[str, Any]:
    """{way: an object that holds the rows in this way}."""
    cached = functools.lru_cache(maxsize=None)(len)
    cached(tuple(ROWS.ravel().tolist() * 2))
    started = generating(ROWS)
    alive = torch.tensor(ROWS)
    parameter = nn.Parameter(torch.zeros(1))
    parameter.rows = ROWS  # type: ignore[attr-defined]
    thread, own = threading.Thread(target=print, args=(ROWS,)), threading.Thread()
    logger, stream = logging.Logger("kept"), io.TextIOWrapper(io.BytesIO())
    own.rows, logger.rows, stream.rows = ROWS, ROWS, ROWS  # type: ignore[attr-defined]
    crowded = Plain()
    vars(crowded).update({f"part{place}": place for place in range(65)})
    return {
        "a slot": Slotted(ROWS), "a closure": closing(ROWS), "a default": functools.partial(print, ROWS),
        "a generator": started, "a queue": collections.deque([ROWS]), "a table": pd.DataFrame(ROWS),
        "an array of objects": np.array([ROWS, None], dtype=object), "a cache": cached,
        "bytes": io.BytesIO(ROWS.tobytes()), "numbers": {"x": ROWS.ravel().tolist() * 2},
        "text": [str(ROWS.tolist()) * 2], "a few means": [0.37, 1.41],
        "a parameter": parameter, "a weak reference": [alive, weakref.ref(alive)], "a method": Slotted(ROWS).__repr__,
        "what a thread is given": thread, "a thread": own, "a logger": logger, "a stream": stream,
        "attributes": crowded, "a global by any name": by_any_name(), "a module by any name": by_setattr(),
    }  # fmt: skip


@pytest.mark.parametrize("way", holders())
def test_rows_are_found_wherever_they_are_kept(way: str) -> None:
    holder = holders()[way]
    leaves = reachable(holder)
    assert any(leaf.is_data and np.prod(leaf.shape) > 0 for leaf in leaves.values()), leaves


def test_a_change_shows_in_the_digest_of_its_place() -> None:
    layer = nn.Linear(2, 2)
    before = reachable(layer)
    assert {"weight", "bias"} <= before.keys()
    with torch.no_grad():
        layer.weight[0, 0] += 1
    after = reachable(layer)
    assert {name for name in after if after[name].digest != before[name].digest} == {"weight"}


def test_a_key_that_may_be_a_row_is_not_shown() -> None:
    names = reachable({(0.123, 4.567): ROWS, "Jane Doe, 1970": ROWS + 1, "weights": ROWS + 2})
    assert "weights" in names and not any("Jane" in name or "0.123" in name for name in names)


def test_a_few_whole_numbers_and_single_fractions_are_settings() -> None:
    leaves = reachable({"size": (3, 3), "chance": 0.1, "scale": [0.5, 2], "names": ["a", "b"]})
    assert leaves and not any(leaf.is_data for leaf in leaves.values())


def test_libraries_are_not_walked_and_circles_end() -> None:
    circle: list[Any] = [torch, np, nn.Linear]
    circle.append(circle)
    assert reachable(circle) == {}


def test_what_python_keeps_in_threads_and_loggers_is_passed_over_and_names_of_attributes_are_no_globals() -> None:
    thread = threading.Thread(target=print)
    quiet = [thread, logging.getLogger("auditkit.test"), logging.StreamHandler(), io.TextIOWrapper(io.BytesIO())]
    leaves = reachable([quiet, lambda kept: kept.HIDDEN.ROWS])
    assert not any(leaf.is_data for leaf in leaves.values()), leaves.keys()


def test_another_code_in_its_place_shows_in_the_digest() -> None:
    function = closing(0)
    before = reachable({"keep": function})
    assert reachable({"keep": closing(0)})["keep"].digest == before["keep"].digest
    function.__code__ = function.__code__.replace(co_consts=(*function.__code__.co_consts, tuple(ROWS.ravel())))
    assert reachable({"keep": function})["keep"].digest != before["keep"].digest and not before["keep"].is_data
