"""What a reader takes from every format of a run folder, as facts of counts: rates in tables and in sentences."""

from __future__ import annotations

import csv
import html.parser
import json
import pathlib
import re
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import pyarrow.parquet

from tests.hostile.reader import RATES, Reader

Row: TypeAlias = Mapping[str, str]
COLUMNS: Final = {"Measurement": "name", "Of whom": "group", "About": "group", "Value": "value", "n": "n"}
"""The columns of the pages and of the card."""
COUNTED: Final = re.compile(r"([^:;()]+?) (\d[\d.]*)\s?% \((\d[\d,]*) of (\d[\d,]*)\)")
"""A group with its rate and its counts, as the two ends of a disparity have."""
WITH_N: Final = re.compile(r"(\d[\d.]*)(\s?%)?(?: [<>] [\d.]+%?)? \([^()]*?\bn ?=? ?(\d[\d,]*)\)")
"""A number with how many people it is of."""
POINT: Final = re.compile(r"([\w-]+=[^;:()]+?) (\d[\d.]*)(\s?%)")
"""A point of a figure, in the words that stand for it."""


class Share(NamedTuple):
    """A rate that stands somewhere, as precisely as it is printed."""

    name: str
    group: dict[str, str] | None
    """None: none that the reader knows."""
    ends: tuple[float, float]
    n: int | None


class Page(html.parser.HTMLParser):
    """The tables of a page, and all its texts: those that stand for pictures, and those in the pictures, too."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")
        for name, value in attrs:
            if value and name in ("alt", "title", "aria-label", "content"):
                self.texts.append(value)
            elif value and value.startswith("data:image/svg+xml,"):
                self.texts += Page(urllib.parse.unquote(value.partition(",")[2])).texts

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"style", "script"} & set(self._inside):
            return
        self.texts.append(data)
        if {"td", "th"} & set(self._inside) and self.tables and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data


def table_rows(tables: Sequence[Sequence[Sequence[str]]]) -> Iterator[Row]:
    """The rows of measurements of some tables, by what their columns hold."""
    for first, *rows in filter(None, tables):
        names = [COLUMNS.get(cell.strip(), "") for cell in first]
        if {"name", "value", "n"} <= set(names):
            yield from (dict(zip(names, map(str.strip, row), strict=False)) for row in rows)


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown file."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, re.M)
    return [[re.split(r"(?<!\\)\|", line)[1:-1] for line in block.strip().split("\n")] for block in blocks]


class Formats:
    """The formats of a run folder, read by one who knows the names of measurements and of groups.

    Args:
        folder: the run folder.
        values: {attribute: its groups}.
    """

    def __init__(self, folder: pathlib.Path, values: Mapping[str, Sequence[str]]) -> None:
        self._folder, self._values = folder, values
        written = json.loads((folder / "results.json").read_text())
        meanings = [item for result in written["results"] for item in result["definitions"].items()]
        self._names = {form: name for name, definition in meanings for form in (name, definition["title"])}
        self._names |= {form.lower(): name for form, name in self._names.items()}

    def shares(self, file: str) -> list[Share]:
        """Every rate that stands in a format."""
        shares = READERS[file](self, self._folder / file)
        return [share for share in shares if share.name in RATES and share.group is not None]

    def tell(self, reader: Reader, file: str) -> int:
        """Give the facts of a format to a reader; how many there are."""
        facts = 0
        for share in self.shares(file):
            reader.learn_share(share.name, share.group or {}, share.ends, share.n)
            facts += 1
        return facts

    def page(self, file: pathlib.Path) -> Iterator[Share]:
        page = Page(file.read_text())
        yield from self._tables(page.tables)
        yield from self.sentences(" ".join(page.texts))

    def markdown(self, file: pathlib.Path) -> Iterator[Share]:
        text = file.read_text().replace("\\", "")
        yield from self._tables(markdown_tables(text))
        yield from self.sentences(text)

    def xml(self, file: pathlib.Path) -> Iterator[Share]:
        yield from self.sentences(" ".join(Page(file.read_text().replace(" message=", " title=")).texts))

    def paper(self, file: pathlib.Path) -> Iterator[Share]:
        text = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True).stdout
        yield from self.sentences(text)

    def columns(self, file: pathlib.Path) -> Iterator[Share]:
        if file.suffix == ".parquet":
            rows: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
        else:
            with file.open(newline="") as table:
                rows = list(csv.DictReader(table))
        for row in rows:
            if row["value"] not in (None, "") and not row["across"]:
                value, n = float(row["value"]), row["n"]
                yield Share(row["name"], self.group(row["slice"] or ""), (value, value), int(n) if n else None)

    def numbers(self, file: pathlib.Path) -> Iterator[Share]:
        for key, value in json.loads(file.read_text()).items():
            name, where = key.rpartition(".")[2].partition("[")[::2]
            if isinstance(value, int | float):
                yield Share(name, self.group(where.rstrip("]")), (value, value), None)

    def sentences(self, text: str) -> Iterator[Share]:
        """Rates with their counts, with how many people they are of, or in the words that stand for a figure."""
        text = re.sub(r"\s+", " ", text)
        for match in (*COUNTED.finditer(text), *WITH_N.finditer(text), *POINT.finditer(text)):
            before = text[max(0, match.start() - 200) : match.start()]
            name = self._last_name(before)
            counted = match.re is COUNTED
            group = self._nearest_group(text, match) if match.re is WITH_N else self.group(match[1])
            if name is None or group is None:
                continue
            if counted:
                hits, people = (int(match[at].replace(",", "")) for at in (3, 4))
                yield Share(name, group, (hits / people, hits / people), people)
            else:
                at = 1 if match.re is WITH_N else 2
                n = int(match[3].replace(",", "")) if match.re is WITH_N else None
                yield Share(name, group, printed(match[at], bool(match[at + 1])), n)

    def group(self, words: str) -> dict[str, str] | None:
        """The group that some words name: pairs, or the value of one attribute; None where they name none."""
        if words.strip() in ("", "everyone"):
            return {}
        words = re.sub(r"^(against|and|for|sex|of) ", "", words.strip())
        pairs = {}
        for part in words.split(", "):
            named, _, value = part.rpartition("=")
            attributes = [name for name, values in self._values.items() if value in values and named in ("", name)]
            if len(attributes) != 1:
                return None
            pairs[attributes[0]] = value
        return pairs

    def _tables(self, tables: Sequence[Sequence[Sequence[str]]]) -> Iterator[Share]:
        for row in table_rows(tables):
            value = re.match(r"(\d[\d.]*)\s?(%)?", row["value"])
            group, n = self.group(row.get("group", "")), row["n"].replace(",", "")
            if value is not None and group is not None and row["name"] in self._names:
                ends = printed(value[1], bool(value[2]))
                yield Share(self._names[row["name"]], group, ends, int(n) if n.isdecimal() else None)

    def _last_name(self, before: str) -> str | None:
        """The measurement that is named last, by its longest name: balanced accuracy is no accuracy."""
        ends = [(before.rfind(form) + len(form), len(form), form) for form in self._names if form in before]
        return self._names[max(ends)[2]] if ends else None

    def _nearest_group(self, text: str, match: re.Match[str]) -> dict[str, str] | None:
        """The group that is named right after a number, or else just before it."""
        pair = "|".join(re.escape(f"{name}={value}") for name, values in self._values.items() for value in values)
        group = rf"((?:{pair})(?:, (?:{pair}))*)"
        after = re.match(rf"(?:; | \[){group}", text[match.end() :])
        before = re.findall(group, text[max(0, match.start() - 40) : match.start()])
        return self.group(after[1]) if after else self.group(before[-1]) if before else None


def printed(digits: str, percent: bool) -> tuple[float, float]:
    """Between which shares a printed number lies."""
    digits = digits.rstrip(".")
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    scale = 100 if percent else 1
    return (float(digits) - half) / scale, (float(digits) + half) / scale


READERS: Final[Mapping[str, Callable[[Formats, pathlib.Path], Iterator[Share]]]] = {
    "report.html": Formats.page, "model_card.html": Formats.page, "model_card.md": Formats.markdown,
    "summary.md": Formats.markdown, "junit.xml": Formats.xml, "report.pdf": Formats.paper,
    "measurements.csv": Formats.columns, "measurements.parquet": Formats.columns, "metrics.json": Formats.numbers,
}  # fmt: skip
"""How each format is read."""
