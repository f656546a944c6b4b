"""Text files as they come: hints, comments, trailing delimiters, quoted line breaks, encodings; both readers alike."""

from __future__ import annotations

import csv
import gzip
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from auditkit.counts import count_file, to_frame
from auditkit.counts.dialect import Dialect, Options, body, dialect_of
from auditkit.counts.quotation import MarkedRows
from auditkit.data import AuditData
from auditkit.errors import DataError

PLAIN = "sex,decision\nf,1\nm,0\nf,0\n"
SPELLINGS = {
    "plain": PLAIN,
    "a hint for spreadsheets": "sep=;\n" + PLAIN.replace(",", ";"),
    "a hint in capitals": "SEP=|\r\n" + PLAIN.replace(",", "|").replace("\n", "\r\n"),
    "a hint in quotation marks": '"sep=;"\n' + PLAIN.replace(",", ";"),
    "a hint of a tab": "sep=\t\n" + PLAIN.replace(",", "\t"),
    "comments before the header": "# made by a tool, 2026\n# second line\n" + PLAIN,
    "a comment between rows": "# made by a tool\n" + PLAIN.replace("m,0", "# here, too\n# and, three, fields\nm,0"),
    "trailing delimiters in rows": "sex,decision\nf,1,\nm,0,\nf,0,\n",
    "trailing delimiters everywhere": "sex,decision,\nf,1,\nm,0,\nf,0,\n",
    "a blank line before the header": "\n\n" + PLAIN,
    "old line ends": PLAIN.replace("\n", "\r"),
    "no last line end": PLAIN.rstrip("\n"),
    "quoted by single marks": "'sex','decision'\n'f','1'\n'm','0'\nf,0\n",
    "quoted by single marks, parted by semicolons": "'sex';'decision'\r\n'f';'1'\r\n'm';0\r\n'f';0\r\n",
    "quoted": '"sex","decision"\n"f","1"\n"m","0"\n"f","0"\n',
}


def expected() -> list[tuple[str, int]]:
    return [("f", 1), ("m", 0), ("f", 0)]


def read(path: Any, **options: Any) -> list[tuple[str, int]]:
    data = AuditData.from_table(path, groups=["sex"], decisions="decision", positive=1, **options)
    return list(zip(data.groups["sex"].tolist(), data.recorded.decisions.tolist(), strict=True))


def counted(path: Any, **options: Any) -> dict[Any, int]:
    frame = to_frame(count_file(path, groups=["sex"], decision="decision", text=Options(**options)))
    return {(row["sex"], int(row["decision"])): row["people"] for row in frame.to_dict("records")}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_spelling_gives_the_same_rows_to_both_readers(tmp_path, spelling, compressed):
    raw = SPELLINGS[spelling].encode()
    path = tmp_path / "people.csv"
    path.write_bytes(gzip.compress(raw) if compressed else raw)
    assert read(path) == expected()
    assert counted(path) == {("f", 1): 1, ("m", 0): 1, ("f", 0): 1}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_every_encoding_is_read_by_itself_or_after_its_mend(tmp_path, encoding):
    path = tmp_path / "people.csv"
    path.write_bytes("Größe,sex,decision\nä,f,1\nö,m,0\nü,f,0\n".encode(encoding))
    options: dict[str, Any] = {}
    if encoding not in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        with pytest.raises(DataError, match="say how it is written") as caught:
            read(path)
        (mend,) = caught.value.mend
        assert mend.setting == "data.encoding" and str(mend) in str(caught.value)
        options = {"encoding": mend.value}
    assert read(path, **options) == expected()
    names = AuditData.from_table(path, groups=["sex"], decisions="decision", positive=1, **options).feature_names
    assert "Größe" in names
    assert sum(counted(path, **options).values()) == 3


def test_an_encoding_that_is_wrong_or_unknown_is_said(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(PLAIN.encode("utf-16"))
    with pytest.raises(DataError, match="'klingon' was given"):
        read(path, encoding="klingon")
    path.write_bytes("sex,decision\nfü,1\nm,0\n".encode())
    with pytest.raises(DataError, match="is not ascii"):
        read(path, encoding="ascii")


def test_values_alone_in_single_marks_are_read_after_the_mend_and_may_hold_delimiters_and_marks(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("name,sex,decision\nDoe,f,1\n'O''Hara, Ann','m',0\n'a\nb',f,0\n")
    with pytest.raises(DataError, match=r'line 3 has 4 fields.*quoted so already, with quote = "\'"') as caught:
        AuditData.from_table(path)
    (mend,) = caught.value.mend
    assert (mend.setting, mend.value) == ("data.quote", "'")
    assert read(path, quote="'") == expected() and counted(path, quote="'") == {("f", 1): 1, ("m", 0): 1, ("f", 0): 1}
    names = AuditData.from_table(path, groups=["sex"], decisions="decision", positive=1, quote="'").inputs["name"]
    assert list(names) == ["Doe", "O'Hara, Ann", "a\nb"]
    for quote, ending in (('"', ""), ("'", ", or say that values are quoted so already, with quote = ")):
        path.write_text("name,decision\n" + "a,1,2\n" * (quote == '"') + '"a, b",1\n' * (quote == "'"))
        with pytest.raises(DataError, match=f"marks {quote}…{quote} around a value that holds the delimiter{ending}"):
            AuditData.from_table(path, quote=quote)


@pytest.mark.parametrize("quote", ["''", "a", " "])
def test_a_quote_is_one_sign(tmp_path, quote):
    path = tmp_path / "people.csv"
    path.write_text(PLAIN)
    with pytest.raises(DataError, match="quote must be one character"):
        read(path, quote=quote)


@pytest.mark.parametrize(
    "options", [{"delimiter": sign} for sign in ("||", "\n", "€", '"')] + [{"quote": sign} for sign in (",", "“")]
)
def test_a_delimiter_and_a_quote_are_two_different_signs(tmp_path, options):
    path = tmp_path / "people.csv"
    path.write_text(PLAIN)
    for reader in (read, counted):
        with pytest.raises(DataError, match=r"quote and escape must be different characters of ASCII.* were given"):
            reader(path, **options)


@pytest.mark.parametrize("setting", ["delimiter", "quote", "escape", "comment", "encoding"])
@pytest.mark.parametrize("value", [3, True, [","], b","])
def test_what_is_said_of_a_text_file_is_a_text(tmp_path, setting, value):
    path = tmp_path / "people.csv"
    path.write_text(PLAIN)
    for stream in (False, True):
        with pytest.raises(DataError, match=rf"^{setting} must be a text, or left out; .* was given$"):
            read(path, stream=stream, **{setting: value})


@pytest.mark.parametrize("encoding", ["hex", "rot13", "undefined", "klingon", "idna"])
def test_an_encoding_is_one_of_text(tmp_path, encoding):
    path = tmp_path / "people.csv"
    path.write_text(PLAIN)
    for reader in (read, counted):
        with pytest.raises(DataError, match=f"encoding must be one .*'{encoding}' was given"):
            reader(path, encoding=encoding)


@pytest.mark.parametrize("fault", ["cut", "damaged"])
@pytest.mark.parametrize("name", ["people.csv.gz", "people.jsonl.gz"])
def test_what_cannot_be_unpacked_is_said_by_every_reader(tmp_path, name, fault):
    frame = pd.DataFrame({"sex": ["f", "m"] * 500, "decision": np.random.default_rng(0).integers(0, 2, 1000)})
    text = frame.to_csv(index=False) if "csv" in name else frame.to_json(orient="records", lines=True)
    packed = bytearray(gzip.compress(text.encode()))
    packed[len(packed) // 2] ^= 255
    (tmp_path / name).write_bytes(packed if fault == "damaged" else packed[:-30])
    for stream in (None, True):
        with pytest.raises(DataError, match=r"cannot be unpacked: .*; it may be cut off"):
            read(tmp_path / name, stream=stream)


def test_an_apostrophe_is_no_quotation_mark(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("'sex,the 'decision\n'f,1\nm',0\n")
    assert AuditData.from_table(path).feature_names == ("'sex", "the 'decision")


def test_a_header_may_hold_line_breaks_delimiters_and_a_leading_sharp(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text('"annual\nincome";"name, in full";sex;decision\n1;a;f;1\n2;b;m;0\n')
    data = AuditData.from_table(path, groups=["sex"], decisions="decision", positive=1)
    assert data.feature_names[:2] == ("annual\nincome", "name, in full") and len(data) == 2
    path.write_text("#id,sex,decision\n1,f,1\n2,m,0\n")
    assert dialect_of(path, Options()).names == ("#id", "sex", "decision")
    assert len(read(path)) == 2


def test_a_comment_sign_that_the_owner_names_is_taken(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("sex,decision\nf,1\n// m, 1\n// the, end, of\nm,0\n")
    assert read(path, comment="//") == [("f", 1), ("m", 0)]
    assert counted(path, comment="//") == {("f", 1): 1, ("m", 0): 1}


def test_a_title_before_the_header_is_named(tmp_path):
    (tmp_path / "people.csv").write_text("Report of 2026\n" + PLAIN)
    with pytest.raises(DataError, match=r"line 2 has 2 fields, the header has 1; .*is a title, take it out") as caught:
        read(tmp_path / "people.csv")
    assert not caught.value.mend


def test_an_index_without_a_name_is_left_out_with_a_note(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(",sex,decision\n0,f,1\n1,m,0\n")
    data = AuditData.from_table(path, groups=["sex"], decisions="decision", positive=1)
    assert data.feature_names == ("sex",) and any("numbers the rows" in note for note in data.notes)


def test_no_value_of_the_file_is_in_a_message(tmp_path):
    path = tmp_path / "people.csv"
    for text in ("sex,decision\nf,1,secret\n", "sex,decision\nsecret\n"):
        path.write_text(text)
        for reader in (read, counted):
            with pytest.raises(DataError) as caught:
                reader(path)
            assert "secret" not in str(caught.value)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6), min_size=2,
                         max_size=2), min_size=1, max_size=4))  # fmt: skip
def test_the_rows_after_the_header_are_the_files_own(tmp_path_factory, rows):
    import csv

    path = tmp_path_factory.mktemp("dialect") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    dialect = dialect_of(path, Options(delimiter=","))
    assert isinstance(dialect, Dialect) and dialect.names == ("a", "b")
    with body(path, dialect) as stream:
        rest = stream.read()
    assert path.read_bytes().endswith(rest) and len(path.read_bytes()) - len(rest) == len(b'"a","b"\r\n')


MERGED = {
    "a backslash before the last mark": '"5\\"",1\n"6\\"",0\n"7",1\n',
    "a backslash before one last mark": '"5\\"",1\n"6",0\n"7",1\n',
    "a backslash before each mark": '"He said \\"hi\\"",1\n"b",0\n',
    "a backslash and a delimiter": '"He said, \\"hi, you\\"",1\n"b",0\n',
    "a mark at the end": '"say "",1\n"x "",0\n"z",1\n',
    "a mark within": '"say "hi" you",1\n"z",0\n',
    "never closed": 'a,1\n"b,0\n',
    "never closed before others": '"a,1\nb,0\n"c",1\n',
}


@pytest.mark.parametrize("case", MERGED)
@pytest.mark.parametrize("header", ["sex,decision\n", '"sex","decision"\r\n', "# comment\nsex,decision\n"])
def test_two_rows_are_never_taken_for_one(tmp_path, case, header):
    path = tmp_path / "people.csv"
    path.write_text(header + MERGED[case], newline="")
    line = 1 + len(header.splitlines()) + (case == "never closed")
    for door in (read, counted):
        with pytest.raises(DataError, match=f"in the row from line {line} on a value does not end where") as caught:
            door(path)
        assert ("escape = " in str(caught.value)) == ("backslash" in case)
        assert "say" not in str(caught.value).replace("say escape", "").replace("say quote", "")


def test_marks_behind_a_backslash_and_marks_that_mean_nothing_are_read_where_that_is_said(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text('"s\\"ex",decision\n' + MERGED["a backslash and a delimiter"])
    with pytest.raises(DataError, match="in the row from line 1 on"):
        AuditData.from_table(path)
    data = AuditData.from_table(path, escape="\\")
    assert data.inputs['s"ex'].tolist() == ['He said, "hi, you"', "b"]
    path.write_text("sex\tdecision\n" + '5"\t1\n"x\t0\n"say "\t1\n')
    assert read(path, quote="") == [('5"', 1), ('"x', 0), ('"say "', 1)]
    assert counted(path, quote="") == {('5"', 1): 1, ('"x', 0): 1, ('"say "', 1): 1}
    for wrong in ({"escape": '"'}, {"escape": "ab"}, {"escape": ""}, {"escape": "\n"}, {"escape": "1"}):
        with pytest.raises(DataError, match="delimiter, quote and escape must be different characters"):
            AuditData.from_table(path, **wrong)


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_marks_in_values_that_are_not_quoted_and_blanks_behind_marks_are_no_fault(tmp_path, ending):
    path = tmp_path / "people.csv"
    path.write_text(f'sex,decision\n6" f,1\n"m" ,0\n"C:\\",0\n"say ""hi""" ,1{ending}', newline="")
    assert read(path) == [('6" f', 1), ("m", 0), ("C:\\", 0), ('say "hi"', 1)]
    assert counted(path) == {('6" f', 1): 1, ("m", 0): 1, ("C:\\", 0): 1, ('say "hi"', 1): 1}


def test_a_value_of_many_letters_is_read(tmp_path):
    before = csv.field_size_limit()
    (tmp_path / "people.csv").write_text("text,y\n" + "word " * 40_000 + ',1\n5" long,0\n')
    assert len(AuditData.from_table(tmp_path / "people.csv", label="y").inputs["text"][0]) == 199_999
    assert csv.field_size_limit() == before


SIGNS = st.text(st.sampled_from('a\\",\n '), max_size=5)


@given(st.lists(st.tuples(SIGNS, SIGNS), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_with_backslashes_is_read_with_them(tmp_path_factory, rows, ending):
    path = tmp_path_factory.mktemp("escaped") / "people.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, escapechar="\\", doublequote=False, lineterminator=ending)
        writer.writerows([("sex", "decision"), *rows])
    data = AuditData.from_table(path, escape="\\", strip=False, missing=["no text"])
    assert list(data.inputs.itertuples(index=False, name=None)) == rows


@given(st.text(st.sampled_from('a\\",\n '), max_size=24), st.integers(1, 5))
def test_a_reader_of_rows_is_sure_only_where_a_strict_one_finds_no_fault(text, size):
    rows = MarkedRows(io.BytesIO(text.encode()), b"", ",", '"')
    assert b"".join(iter(lambda: rows.read(size), b"")) == text.encode()
    whole = MarkedRows(io.BytesIO(text.encode()), b"", ",", '"')
    assert whole.read() == text.encode() and whole.read() == b"" and whole.doubtful == rows.doubtful
    if not rows.doubtful:
        list(csv.reader(io.StringIO(text, newline=""), strict=True))  # raises nothing
