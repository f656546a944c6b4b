"""Escaping: whatever a stranger wrote shows as text and does nothing."""

from __future__ import annotations

from hypothesis import example, given, strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditkit.reports.markdown import ROWS, Markdown, bullets, document, escape, heading, labelled, paragraphs, table
from auditkit.text import printable

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "`code`", "``` \nfence", "| a | b |",
    "[x](javascript:alert(1))", "![x](//evil.example/p.png)", "[x]: //evil.example", "<http://evil.example>",
    "*a* **b** ***c***", "_a_ __b__ a_b_c", "~~a~~", "# heading", "- item", "+ item", "* item", "1. item", "1) item",
    "> quote", "===", "---", "***", "    code", "\tcode", "&lt;b&gt; &copy; &#60;", "\\", "a\\|b", "<!-- x -->",
    "line\nline", "a\n\nb", "a  \nb", "$x$", "{{ 7*7 }}", "![", "\x00\x1b[31mred", "\u202eevil", "a\u2028b", "<?php",
    "- \n# x", "2026-03-02", "0.5", "-0.5", "+1", "",
]  # fmt: skip
TEXTS = st.one_of(st.text(), st.text("ab \n\t`*_{}[]<>()#+-.!|~&:=\\$1", max_size=30), st.sampled_from(HOSTILE))


def flat(text: str) -> str:
    return " ".join(printable(text, 20_000).split())


def inline(tokens: list[Token]) -> list[Token]:
    """The one run of text in a document; no token but text may be in it."""
    runs = [token for token in tokens if token.type == "inline"]
    assert len(runs) == 1
    return runs[0].children or []


def words(children: list[Token]) -> str:
    assert {child.type for child in children} <= {"text", "text_special"}, [child.type for child in children]
    return "".join(child.content for child in children)


def with_examples(test):
    for payload in HOSTILE:
        test = example(payload)(test)
    return test


@with_examples
@given(TEXTS)
def test_a_paragraph_says_what_the_text_says(text):
    tokens = READER.parse(escape(text))
    if not flat(text):
        assert tokens == []
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert words(inline(tokens)) == flat(text)


@with_examples
@given(TEXTS)
def test_a_list_item_says_what_the_text_says(text):
    tokens = READER.parse(bullets([text]))
    types = [token.type for token in tokens if token.type not in ("paragraph_open", "paragraph_close", "inline")]
    assert types == ["bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close"]
    if flat(text):
        assert words(inline(tokens)) == flat(text)


@with_examples
@given(TEXTS)
def test_a_cell_says_what_the_text_says(text):
    tokens = READER.parse(table(["a", "b"], [[text, text]]))
    cells = [token for token in tokens if token.type == "inline"]
    assert [words(cell.children or []) for cell in cells] == ["a", "b", *[flat(text) or "–"] * 2]
    assert sum(token.type == "tr_open" for token in tokens) == 2


@with_examples
@given(TEXTS)
def test_a_statement_keeps_its_paragraphs_and_nothing_else(text):
    tokens = READER.parse(labelled("Label.", paragraphs(text)))
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    types = {child.type for token in tokens for child in token.children or []}
    assert types <= {"text", "text_special", "strong_open", "strong_close"}


def test_paragraphs_are_kept_and_lines_joined():
    assert paragraphs("one\ntwo\n\n \n\n- three\r\n\r\nfour") == "one two\n\n\\- three\n\nfour"


def test_numbers_and_names_stay_readable():
    for text in ("37.2%", "0.5", "-0.5", "2026-03-02", "demographic_parity_ratio", "sex=F, race=B", "(a + b) / n"):
        assert escape(text) == text


def test_addresses_are_no_links():
    assert escape("http://evil.example www.evil.example") == "http\\://evil.example www\\.evil.example"


def test_half_a_character_is_replaced():
    assert escape("a\ud800b") == "a?b"


def test_what_is_markdown_already_is_left_alone():
    assert table(["x"], [[Markdown("**b**")]]).endswith("| **b** |")
    assert table(["x"], []) == ""
    assert document([heading(2, "a*b"), Markdown(""), escape("c")]) == "## a\\*b\n\nc\n"


def test_a_table_has_an_end_and_says_where_the_rest_is():
    longest = table(["x"], ([number] for number in range(ROWS)))
    assert longest.endswith(f"| {ROWS - 1} |")
    cut = table(["x"], ([number] for number in range(ROWS + 1)))
    assert cut == f"{longest}\n\nThe first 5,000 of 5,001 rows; results.json holds all of them."
