"""The one theme: nothing leaves its chart, nothing is too small, nothing hides anything else."""

from __future__ import annotations

import html
import pathlib
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from hypothesis import given, strategies as st

from auditkit.figures import bars, curve, heat_map
from auditkit.reports.charts import left_out, picture, specification, svg
from auditkit.reports.charts.scales import scale
from auditkit.reports.charts.theme import (
    EMPTY,
    FONT,
    GRID,
    IN_CELL,
    INK,
    MUTED,
    PAPER,
    SERIES,
    WIDTH,
    clean,
    cut,
    text_width,
    wrap,
)
from auditkit.reports.html.render import TEMPLATES
from auditkit.results import Axis, Figure, Rule
from tests import chromium, fakes
from tests.contrast import contrast
from tests.fake_checks import LONG

pytestmark = pytest.mark.charts

HOSTILE = '</text><script>alert(1)</script>"\' fill="#0060a8" \x1b[31m\ufffe\u202e & ]]>'


def figures() -> dict[str, Figure]:
    """Figures that are hard to draw, by what is hard about them."""
    wide_word = "W" * 80
    share = Axis(field="v", title="share of attribution", percent=True)
    name = Axis(field="k", title="")
    by_name = {
        figure.name: figure for result in fakes.audit().results for figure in result.figures if figure.image is None
    }
    rules = [Rule(value=value, label=f"{LONG} {value}") for value in (0.1, 0.11, 0.12, 0.9, 1.0)]
    rows = [
        {"k": key, "v": value} for key, value in ((LONG, 0.0), (wide_word, 1.0), ("年収と職業の組み合わせ" * 4, 0.5))
    ]
    by_name["rules that collide"] = bars("b", "Bars", rows, label=name, value=share).model_copy(
        update={"rules": tuple(rules)}
    )
    both = [{"k": f"feature {index}", "v": (-1) ** index * index / 7} for index in range(9)]
    by_name["both sides of zero"] = bars("b", "Bars", both, label=name, value=Axis(field="v", title="effect"))
    many = [{"k": f"group {index}", "v": index / 100} for index in range(90)]
    by_name["ninety rows"] = bars("b", "Bars", many, label=name, value=share)
    by_name["one value"] = bars("b", "Bars", [{"k": "only", "v": 0.0}], label=name, value=Axis(field="v", title="x"))
    grouped = [{"k": key, "v": index / 9, "s": f"model {index}"} for key in (LONG, "short") for index in range(8)]
    by_name["eight series"] = bars("b", "Bars", grouped, label=name, value=share, series=Axis(field="s", title="model"))
    by_name["large numbers"] = bars(
        "b", "B", [{"k": "a", "v": 12_345_678.0}], label=name, value=Axis(field="v", title="rows")
    )
    by_name |= {f"curve: {what}": figure for what, figure in curves().items()}
    cells = [{"x": f"{LONG} {x}", "y": f"{LONG} {y}", "v": x * y / 400} for x in range(20) for y in range(20)]
    axes = {"x": Axis(field="x", title="first"), "y": Axis(field="y", title="second"), "value": share}
    by_name["twenty by twenty"] = heat_map("h", "Cells", cells, **axes)
    by_name["cells around zero"] = heat_map("h", "C", [c | {"v": c["v"] - 0.4} for c in cells[::7]], **axes)
    by_name["empty cells"] = heat_map("h", "C", [c | {"v": None} for c in cells[:3]], **axes)
    by_name["hostile"] = bars(
        HOSTILE, HOSTILE, [{HOSTILE: HOSTILE, "v": 0.5}], label=Axis(field=HOSTILE, title=HOSTILE), value=share
    )
    return by_name


def curves() -> dict[str, Figure]:
    x, y = Axis(field="x", title="epsilon"), Axis(field="y", title="accuracy " * 12, percent=True)
    series = Axis(field="s", title="attack")
    lines = [
        {"x": step / 10, "y": min(1.0, step / 10 + line / 50), "s": f"attack number {line}"}
        for line in range(10)
        for step in range(11)
    ]
    level = [Rule(value=value, label=f"limit {value}", axis="y") for value in (0.5, 0.51, 0.52, 0.99)]
    powers = [{"x": 10.0**-power, "y": 0.1 * power} for power in range(1, 8)]
    gaps = [{"x": step, "y": None if step == 5 else step / 10} for step in range(10)]
    return {
        "ten lines": curve("c", "Ten", lines, x=x, y=y, series=series),
        "level rules": curve("c", "Level", lines[:22], x=x, y=y, series=series, rules=level),
        "logarithmic": curve("c", "Log", powers, x=Axis(field="x", title="delta", log=True), y=y),
        "a gap": curve("c", "Gap", gaps, x=x, y=y),
        "one point": curve("c", "One", [{"x": 1.0, "y": 0.5}], x=x, y=y),
        "words": curve("c", "Words", [{"x": LONG, "y": 0.1}, {"x": "night", "y": 0.2}], x=x, y=y),
        "thousands": curve("c", "Many", [{"x": step, "y": (step % 97) / 97} for step in range(5000)], x=x, y=y),
        "upright rules": curve(
            "c", "Up", lines[:11], x=x, y=y, rules=[Rule(value=v, label=LONG) for v in (0, 0.3, 1.0)]
        ),
    }


MEASURE = """
[...document.querySelectorAll('div')].map(div => {
  const svg = div.querySelector('svg'), box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll('text')].filter(text => getComputedStyle(text).stroke == 'none');
  return {name: div.id, width: box.width, texts: texts.map(text => {
    const at = text.getBoundingClientRect();
    return {said: text.textContent, size: parseFloat(getComputedStyle(text).fontSize) * scale,
            box: [at.left - box.left, at.top - box.top, box.right - at.right, box.bottom - at.bottom],
            at: [at.left, at.top, at.right, at.bottom]};
  })};
})
"""


def measured(tmp_path: pathlib.Path, size: Any, shown: int) -> list[dict[str, Any]]:
    drawn = "".join(f'<div id="{index}">{svg(figure, size)}</div>' for index, figure in enumerate(figures().values()))
    page = tmp_path / "charts.html"
    style = f"<style>body{{margin:0}}svg{{width:{shown}px;height:auto;display:block}}</style>"
    page.write_text(f"<!doctype html><meta charset=utf-8>{style}{drawn}")
    return list(chromium.dom(page, shown, 800, MEASURE))


@chromium.needs_chromium
@pytest.mark.parametrize(("size", "shown"), [("narrow", 343), ("narrow", 288), ("wide", 601), ("wide", 680)])
def test_no_text_is_small_or_leaves_its_chart_or_covers_another(tmp_path: pathlib.Path, size: Any, shown: int) -> None:
    charts = measured(tmp_path, size, shown)
    assert len(charts) == len(figures())
    faults = []
    for name, chart in zip(figures(), charts, strict=True):
        texts = chart["texts"]
        assert texts, name
        for text in texts:
            if text["size"] < 11:
                faults.append(f"{name}: {text['said']!r} has {text['size']:.1f} px")
            if min(text["box"]) < -0.5:
                faults.append(f"{name}: {text['said']!r} leaves the chart: {text['box']}")
        for index, first in enumerate(texts):
            for second in texts[index + 1 :]:
                if covers(first["at"], second["at"]):
                    faults.append(f"{name}: {first['said']!r} touches {second['said']!r}")
    assert not faults, "\n".join(faults)


def covers(first: list[float], second: list[float]) -> bool:
    """Whether two boxes share more than the air around their letters."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return across > 1 and down > 3.5


@chromium.needs_chromium
def test_the_measuring_finds_what_is_wrong(tmp_path: pathlib.Path) -> None:
    page = tmp_path / "bad.html"
    texts = '<text x="180" y="20" font-size="13">leaves</text><text x="5" y="20" font-size="9">small</text>'
    page.write_text(f'<div id=a><svg viewBox="0 0 200 40" width="200">{texts}</svg></div>')
    leaves, small = chromium.dom(page, 400, 400, MEASURE)[0]["texts"]
    assert min(leaves["box"]) < -0.5
    assert small["size"] < 11
    assert covers([0, 0, 10, 10], [5, 5, 20, 20])


@pytest.mark.parametrize("name", list(figures()))
@pytest.mark.parametrize("size", ["narrow", "wide"])
def test_every_figure_is_sound_xml_of_its_width(name: str, size: Any) -> None:
    text = svg(figures()[name], size)
    assert text is not None
    root = ElementTree.fromstring(text)
    assert float(root.get("width") or 0) == WIDTH[size]
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "circle", "line", "rect", "text", "tspan", "defs", "clipPath"}
    assert not any(key.startswith("on") or "href" in key for element in root.iter() for key in element.attrib)


def test_hostile_words_stay_words() -> None:
    text = svg(figures()["hostile"], "wide")
    assert text is not None
    words = " ".join(ElementTree.fromstring(text).itertext())
    assert "<script>" in words
    assert "<script" not in text
    assert "\x1b" not in words and "\u202e" not in words and "\ufffe" not in words


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_cleaned_text_is_text_that_xml_allows(text: str) -> None:
    assert ElementTree.fromstring(f"<a>{html.escape(clean(text))}</a>").text in (clean(text), None)


def test_a_character_that_xml_forbids_does_not_end_the_process() -> None:
    odd = "\x00\x08\x0b\x1b[31m\x7f\x85\ud800\ufffe\uffff\U0001f600"
    rule = Rule(value=0.5, label=odd)
    level = Rule(value=0.5, label=odd, axis="y")
    for figure in figures().values():
        words = {"title": odd, "rules": (rule, level) if figure.mark == "curve" else (rule,)}
        spec = specification(figure.model_copy(update=words), "narrow")
        assert spec is not None
        assert not any(re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff\ufffe\uffff]", string) for string in strings(spec))
        assert svg(figure.model_copy(update=words), "narrow")


def strings(value: Any) -> list[str]:
    """Every string in a specification."""
    if isinstance(value, dict):
        return [string for inner in value.values() for string in strings(inner)]
    if isinstance(value, list):
        return [string for inner in value for string in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_the_specification_is_a_plain_dictionary_that_asks_for_nothing() -> None:
    spec = specification(figures()["rates"], "wide")
    assert spec is not None
    assert spec["autosize"] == {"type": "none"}
    assert all(set(layer["data"]) == {"values"} for layer in spec["layer"])
    assert '"url"' not in str(spec)


def test_the_same_figure_gives_the_same_bytes() -> None:
    figure = figures()["gaps"]
    svg.__globals__["_drawn"].cache_clear()
    first = svg(figure, "wide")
    svg.__globals__["_drawn"].cache_clear()
    assert svg(figure, "wide") == first


def test_a_picture_is_two_addresses_of_data() -> None:
    drawn = picture(figures()["rates"])
    assert drawn is not None
    assert drawn.wide != drawn.narrow
    assert " " not in drawn.narrow  # `srcset` divides at blanks
    for uri, width in ((drawn.wide, 680), (drawn.narrow, 320)):
        kind, _, data = uri.partition(",")
        assert kind == "data:image/svg+xml"
        assert not set(data) & set('"<&#\n')
        assert ElementTree.fromstring(urllib.parse.unquote(data)).get("width") == str(width)


def test_an_image_is_embedded_as_it_is() -> None:
    figure = next(figure for result in fakes.audit().results for figure in result.figures if figure.image is not None)
    drawn = picture(figure)
    assert drawn is not None and figure.image is not None
    assert drawn.wide == drawn.narrow == f"data:image/png;base64,{figure.image.base64}"
    assert svg(figure, "wide") is None


def test_a_figure_without_data_is_no_picture() -> None:
    assert picture(Figure(name="n", title="t", alt="a", mark="bars")) is None


def test_the_numbers_stand_beside_the_marks() -> None:
    text = svg(figures()["rates"], "narrow")
    assert text is not None
    assert {"11.2%", "30.5%", "39.4%", "8.7%"} <= set(ElementTree.fromstring(text).itertext())


def test_a_gap_breaks_the_line() -> None:
    spec = specification(figures()["curve: a gap"], "wide")
    assert spec is not None
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert [len(layer["data"]["values"]) for layer in lines] == [5, 4]


def test_a_rule_beyond_the_data_stretches_the_axis() -> None:
    rows = [{"k": "a", "v": 0.1}]
    figure = bars("b", "B", rows, label=Axis(field="k", title=""), value=Axis(field="v", title="v"))
    text = svg(figure.model_copy(update={"rules": (Rule(value=0.8, label="limit"),)}), "wide")
    assert text is not None
    assert "0.8" in set(ElementTree.fromstring(text).itertext())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ninety rows", "The picture shows the first 60 of 90 rows."),
        ("curve: thousands", "Of a line with more than 300 points it shows evenly chosen ones."),
        ("rates", ""),
        ("twenty by twenty", ""),
    ],
)
def test_what_a_picture_leaves_out_is_said(name: str, sentence: str) -> None:
    assert left_out(figures()[name]) == sentence


def test_more_columns_than_a_picture_holds_are_said() -> None:
    cells = [{"x": x, "y": "one", "v": 0.5} for x in range(50)]
    axes = {"x": Axis(field="x", title="x"), "y": Axis(field="y", title="y"), "value": Axis(field="v", title="v")}
    assert left_out(heat_map("h", "H", cells, **axes)) == "The picture shows 40 of 50 columns and 1 of 1 rows."


def on_a_dark_page(colour: str) -> str:
    """What the style sheet's filter makes of a colour (CSS Filter Effects 1: invert, then a half turn of the hue)."""
    style = (TEMPLATES / "style.css").read_text()
    rule = re.search(r"\.chart \{ filter: invert\((\.\d+)\) hue-rotate\(180deg\); \}", style)
    assert rule
    amount = float(rule[1])
    red, green, blue = (amount - (2 * amount - 1) * int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    grey = 2 * (0.213 * red + 0.715 * green + 0.072 * blue)
    return "#" + "".join(f"{round(255 * min(1, max(0, grey - part))):02x}" for part in (red, green, blue))


def test_colours_can_be_read_in_both_modes() -> None:
    paper = "#161d24"
    assert f"--paper: {paper}" in (TEMPLATES / "style.css").read_text()
    for colour in (INK, MUTED, *SERIES):
        assert contrast(colour, PAPER) >= 4.5, colour
        assert contrast(on_a_dark_page(colour), paper) >= 4.5, colour
    assert contrast(MUTED, EMPTY) >= 4.5
    assert contrast(on_a_dark_page(MUTED), on_a_dark_page(EMPTY)) >= 4.5
    assert 1.15 < contrast(GRID, PAPER) < 2  # a grid is seen and does not compete with the data
    assert 1.15 < contrast(on_a_dark_page(GRID), paper) < 2


@pytest.mark.parametrize("least", [0.0, -1.0, -0.2])
def test_numbers_in_cells_can_be_read_at_every_depth(least: float) -> None:
    cells = [{"x": step, "y": "one", "v": least + (1 - least) * step / 20} for step in range(21)]
    axes = {"x": Axis(field="x", title="x"), "y": Axis(field="y", title="y"), "value": Axis(field="v", title="v")}
    spec = specification(heat_map("h", "H", cells, **axes), "wide")
    assert spec is not None
    fills = [rect["fill"] for rect in spec["layer"][0]["data"]["values"]]
    assert len(set(fills)) > 15
    for fill in fills:
        assert contrast(IN_CELL, fill) >= 4.5
        assert contrast(on_a_dark_page(IN_CELL), on_a_dark_page(fill)) >= 4.5


@given(
    st.lists(st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6), min_size=1, max_size=8),
    st.booleans(),
)
def test_a_scale_holds_its_values_and_its_ticks(values: list[float], zero: bool) -> None:
    axis = scale(values, Axis(field="v", title="v"), zero=zero)
    assert axis.low <= min(values) and max(values) <= axis.high
    assert all(axis.low - 1e-9 * abs(axis.low) <= tick <= axis.high + 1e-9 * abs(axis.high) for tick in axis.ticks)
    assert len(set(axis.words)) == len(axis.words) == len(axis.ticks)
    assert not zero or axis.low <= 0 <= axis.high
    assert 0 <= axis.at(values[0], 100) <= 100.001


def test_round_ticks() -> None:
    axis = scale([0.0, 1.0], Axis(field="v", title="v", percent=True))
    assert axis.words == ("0%", "20%", "40%", "60%", "80%", "100%")
    powers = scale([0.001, 0.5], Axis(field="v", title="v", log=True))
    assert powers.words == ("0.001", "0.01", "0.1", "1")
    assert not scale([0.0, 1.0], Axis(field="v", title="v", log=True)).log  # zero has no logarithm


@given(st.text(max_size=120), st.floats(30, 300), st.integers(1, 3))
def test_wrapped_words_fit(text: str, width: float, lines: int) -> None:
    wrapped = wrap(clean(text), width, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(text_width(line) <= width or len(line) <= 2 for line in wrapped)


def test_wrapping_loses_nothing_where_there_is_room() -> None:
    assert " ".join(wrap(LONG, 200, 3)) == LONG
    assert wrap("", 100) == [""]
    assert cut("abcdef", text_width("abc…")) == "abc…"


def test_every_text_has_the_one_size() -> None:
    sizes = set(re.findall(r'font-size="([^"]+)"', "".join(svg(figure, "wide") or "" for figure in figures().values())))
    assert sizes == {f"{FONT}px"}
