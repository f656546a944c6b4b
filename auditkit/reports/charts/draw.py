"""From a Figure to SVG, and to what a `<picture>` needs."""

import base64
import functools
import json
import urllib.parse
from collections.abc import Callable
from typing import NamedTuple

import vl_convert
from markupsafe import Markup

from auditkit.reports.charts.curves import curve_chart, curve_left_out
from auditkit.reports.charts.heat import heat_chart, heat_left_out
from auditkit.reports.charts.minify import minify
from auditkit.reports.charts.rows import rows_chart, rows_left_out
from auditkit.reports.charts.theme import Size, Spec
from auditkit.results import Figure

PLAIN = "".join(map(chr, range(33, 127))).translate({ord(letter): None for letter in '"<%#&'})
"""What may stand in an address inside of an attribute in double quotes as it is."""


class Picture(NamedTuple):
    """A figure as data URIs in two widths; the same one twice for an image."""

    wide: Markup
    """For `src`."""
    narrow: Markup
    """For `srcset`, which divides at blanks."""


_CHARTS: dict[str, tuple[Callable[[Figure, Size], Spec], Callable[[Figure], str]]] = {
    "curve": (curve_chart, curve_left_out),
    "heat-map": (heat_chart, heat_left_out),
    **dict.fromkeys(("dot-whisker", "forest", "bars"), (rows_chart, rows_left_out)),
}
"""{mark: what draws it, and what says of its data that is not drawn}; an image is not drawn."""


def specification(figure: Figure, size: Size) -> Spec | None:
    """The Vega-Lite dictionary of `figure`; None for an image, or where nothing in it can be drawn."""
    return None if figure.mark == "image" or not figure.data else _CHARTS[figure.mark][0](figure, size)


def svg(figure: Figure, size: Size) -> str | None:
    """`figure` as SVG; None for an image, or where nothing in it can be drawn."""
    spec = specification(figure, size)
    return None if spec is None else _drawn(json.dumps(spec, sort_keys=True))


def picture(figure: Figure) -> Picture | None:
    """`figure` in two widths; None where nothing in it can be drawn."""
    if figure.image is not None:
        # decoded and encoded again, so that nothing but base64 stands in the address
        plain = base64.b64encode(base64.b64decode(figure.image.base64)).decode()
        uri = Markup(f"data:{figure.image.media_type};base64,{plain}")
        return Picture(uri, uri)
    wide, narrow = svg(figure, "wide"), svg(figure, "narrow")
    return None if wide is None or narrow is None else Picture(_uri(wide, PLAIN + " "), _uri(narrow, PLAIN))


def left_out(figure: Figure) -> str:
    """What the picture does not show of the figure's data, in a sentence; empty where it shows everything."""
    return "" if figure.mark == "image" else _CHARTS[figure.mark][1](figure)


@functools.lru_cache(maxsize=256)
def _drawn(spec: str) -> str:
    """Cached, because every format of a folder draws the same figures."""
    # no address is allowed, so a specification can load nothing
    return minify(vl_convert.vegalite_to_svg(json.loads(spec), allowed_base_urls=[]))


def _uri(text: str, plain: str) -> Markup:
    """Percent-encoded: smaller than base64, and the words in it can be searched.

    Nothing is left in it that ends an attribute in double quotes or begins an entity, so it is markup as it stands.
    """
    return Markup("data:image/svg+xml," + urllib.parse.quote(text, safe=plain))
