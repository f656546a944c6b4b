"""The one theme: turns a Figure into a Vega-Lite dictionary and that into SVG, in two widths."""

from auditkit.reports.charts.album import drawn_by, picture_of, with_pictures
from auditkit.reports.charts.draw import Picture, left_out, picture, specification, svg

__all__ = [
    "Picture", "drawn_by", "left_out", "picture", "picture_of", "specification", "svg", "with_pictures",
]  # fmt: skip
