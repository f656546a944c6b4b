"""The one theme: turns a Figure into a Vega-Lite dictionary and that into SVG, in two widths."""

from auditkit.reports.charts.draw import Picture, left_out, picture, specification, svg

__all__ = ["Picture", "left_out", "picture", "specification", "svg"]
