"""SVG without what a picture does not need: a report holds each chart twice."""

import re
from collections.abc import Callable

from auditkit.reports.charts.theme import FAMILY, FONT

_TAG = re.compile(r"<[^>]*>")
_NOISE = re.compile(
    r' (?:class|role|aria-[a-z]+|pointer-events|stroke-miterlimit|font-family|font-size|xmlns:xlink|version)="[^"]*"'
    r'| (?:opacity="1"|font-weight="400"|text-anchor="start"|transform="translate\(0,0\)"|[xy]2="0")'
)
_PLACE = re.compile(r' (?:d|transform|x|y|[xy]2|dx|dy|width|height)="[^"]*"')
_LONG = re.compile(r"(\d\.\d)\d+")
_WHOLE = re.compile(r"(\d)\.0(?!\d)")
_CHILD = re.compile(r"<(?!/|tspan)[^>]*>")
_SHARED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-weight", "stroke-linejoin")
"""What a mark takes from the group around it where it does not say it itself."""


def minify(text: str) -> str:
    """The same picture in fewer letters; the one font is named once.

    Only what stands inside of tags is touched, and of that only what the theme has set: never a word of the data.
    """
    # inside of tags alone: a group may well be called `x="1.25"`
    text = _TAG.sub(lambda tag: _PLACE.sub(_rounded, _NOISE.sub("", tag[0])), text)
    for pattern, shorter in _SHORTER:
        text = pattern.sub(shorter, text)
    text = text.replace("<svg ", f'<svg font-family="{FAMILY}" font-size="{FONT}px" ', 1)
    # last, for all patterns above look for double quotes; an address inside of these need not encode apostrophes
    return _TAG.sub(lambda tag: tag[0] if "'" in tag[0] else tag[0].replace('"', "'"), _unwrapped(text))


def _in_place(path: re.Match[str]) -> str:
    """A path that only its first point holds in place, with that point moved."""
    x, y = (round(float(path[group]) + float(path[group + 2]), 1) for group in (1, 2))
    return f'<path d="M{x:g},{y:g}{path[5]}"'


def _unwrapped(text: str) -> str:
    """The picture without groups that say nothing."""
    silent: list[bool] = []

    def without_silent(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return "" if silent.pop() else tag[0]
        if tag[0].startswith("<g") and not tag[0].endswith("/>"):
            silent.append(tag[0] == "<g>")
            return "" if silent[-1] else tag[0]
        return tag[0]

    return re.sub(r"</?g(?: [^>]*)?>", without_silent, text)


def _rounded(attribute: re.Match[str]) -> str:
    """A place to the tenth of a pixel."""
    return _WHOLE.sub(r"\1", _LONG.sub(r"\1", attribute[0]))


def _hoisted(group: re.Match[str]) -> str:
    """A group of marks, with what all of them share said once."""
    inside = group[1]
    marks = _CHILD.findall(inside)
    sentence = ""
    for name in _SHARED:
        values = {match[0] if (match := re.search(rf' {name}="[^"]*"', mark)) else "" for mark in marks}
        shared = values.pop()
        # all of them must say the same: what only some say cannot move to the group
        if shared and not values and len(marks) > 1:
            sentence += shared
            inside = _without(inside, shared)
    return f"<g{sentence}>{inside}</g>" if sentence else inside


def _without(inside: str, attribute: str) -> str:
    return _CHILD.sub(lambda mark: mark[0].replace(attribute, "", 1), inside)


_AT = r'transform="translate\(([-\d.]+),([-\d.]+)\)"'
_SHORTER: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r'<path d="" display="none"/>|<path d="M0,0h[^"]*"/>(?=<g>)'), ""),
    (
        re.compile(rf'<text((?: (?!transform)[\w-]+="[^"]*")*) {_AT}([^>]*)>([^<]*)</text>'),
        r'<text\1 x="\2" y="\3"\4>\5</text>',
    ),
    (re.compile(rf'<path {_AT} d="M([\d.]+),0A\3,\3,0,1,1,-\3,0A\3,\3,0,1,1,\3,0"'), r'<circle cx="\1" cy="\2" r="\3"'),
    (re.compile(rf'<line {_AT} x2="([-\d.]+)"'), r'<path d="M\1,\2h\3"'),
    (re.compile(rf'<line {_AT} y2="([-\d.]+)"'), r'<path d="M\1,\2v\3"'),
    (re.compile(rf'<path {_AT} d="M([-\d.]+),([-\d.]+)([hvlzZ][^"A-Y]*)"'), _in_place),
    (re.compile(r"<g>((?:<(?!/?g\b)[^>]*>|[^<])+)</g>"), _hoisted),
)
"""What can be said in fewer letters, and how; each row is tried on what the row before it made."""
