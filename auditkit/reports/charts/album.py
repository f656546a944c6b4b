"""Pictures that several processes draw side by side, where an audit may use them: one process draws one at a time."""

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from markupsafe import Markup

from auditkit.reports.charts.draw import Picture, _drawn, picture
from auditkit.results import Figure

Built = TypeVar("Built")
SideBySide: TypeAlias = Callable[[Sequence[Callable[[], bytes]]], list[bytes]]
"""Does pieces of work in processes of their own; what it cannot do is empty."""
FEWEST: Final = 6
"""Pictures that are worth a further process, which takes about as long to begin as to draw two."""


class _Album:
    """What is known of pictures meanwhile."""

    at_once = 1
    side_by_side: SideBySide | None = None
    wanted: list[Figure] | None = None
    """Figures that are asked for while nothing is drawn; None: they are drawn."""
    pictures: dict[str, Picture | None] = {}
    """{figure as JSON: what another process drew}."""


@contextlib.contextmanager
def drawn_by(at_once: int, side_by_side: SideBySide) -> Iterator[None]:
    """Let so many processes draw pictures meanwhile."""
    _Album.at_once, _Album.side_by_side = at_once, side_by_side
    try:
        yield
    finally:
        _Album.at_once, _Album.side_by_side, _Album.pictures = 1, None, {}


def picture_of(figure: Figure) -> Picture | None:
    """As `picture`, which another process may have drawn already."""
    if _Album.wanted is not None:
        _Album.wanted.append(figure)
        return None
    key = figure.model_dump_json() if _Album.pictures else ""
    return _Album.pictures[key] if key in _Album.pictures else picture(figure)


def with_pictures(build: Callable[[], Built]) -> Built:
    """What is built with `picture_of`; where several processes may draw, it is built once without them before.

    Args:
        build: builds it, the same each time.
    """
    if _Album.at_once > 1:
        wanted: list[Figure] = []
        _Album.wanted = wanted
        try:
            build()
        finally:
            _Album.wanted = None
        unknown = {figure.model_dump_json(): figure for figure in wanted if figure.image is None}
        _draw({key: figure for key, figure in unknown.items() if key not in _Album.pictures})
    return build()


def _draw(figures: dict[str, Figure]) -> None:
    """Have other processes draw; what they cannot, whoever asks for it draws."""
    count = min(_Album.at_once, len(figures) // FEWEST)
    # what has drawn here has threads here, without which it would wait in a fork for ever
    if count < 2 or _drawn.cache_info().misses:
        return
    items = list(figures.items())
    pieces = [functools.partial(_drawn_apart, items[start::count]) for start in range(count)]
    for content in () if _Album.side_by_side is None else _Album.side_by_side(pieces):
        drawn: dict[str, Any] = json.loads(content or b"{}")
        _Album.pictures |= {key: two and Picture(*map(Markup, two)) for key, two in drawn.items()}


def _drawn_apart(items: Sequence[tuple[str, Figure]]) -> bytes:
    return json.dumps({key: picture(figure) for key, figure in items}).encode()
