"""What must hold between numeric columns, such as `years_employed <= age - 14`: read by a small parser of its own."""

import operator
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from auditkit.errors import DataError, closest

Numbers: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Takes rows (M, D), gives (M,) numbers."""

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`"
    r"|(?P<sign><=|>=|==|!=|[<>+\-*/()]))"
)
COMPARISONS = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
DEPTH = 20
"""Nested brackets and signs at most."""


class Token(NamedTuple):
    """A piece of an expression."""

    kind: str
    text: str


class Implication(NamedTuple):
    """A comparison between numeric columns."""

    text: str
    names: tuple[str, ...]
    """The columns it names."""
    tokens: tuple[Token, ...]


def parse(text: str) -> Implication:
    """Read a comparison: columns, numbers, `+ - * /` and brackets on either side of `<= < >= > == !=`.

    A column whose name is not made of letters, digits and _ stands between backticks.

    Raises:
        ValueError: the text is no such comparison.
    """
    tokens, position = [], 0
    while text[position:].strip():
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(
                f"implication {text!r}: {text[position:].strip()[:20]!r} cannot be read; write columns, numbers, + "
                "- * / and brackets on either side of one of <= < >= > == !=, and other column names between backticks"
            )
        kind = match.lastgroup or ""
        tokens.append(Token("name" if kind == "quoted" else kind, match[kind]))
        position = match.end()
    names = tuple(dict.fromkeys(token.text for token in tokens if token.kind == "name"))
    implication = Implication(text, names, tuple(tokens))
    if not names:
        raise ValueError(f"implication {text!r} names no column")
    bind(implication, names)  # so that a wrong one is refused where it is written
    return implication


def bind(implication: Implication, columns: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """The comparison as a function of rows (M, D) whose columns have these names.

    It gives (M,) bool: True also where a value is missing, for then nothing is known to be wrong.

    Raises:
        ValueError: the expression is not a comparison.
        DataError: it names a column that is not there.
    """
    for name in implication.names:
        if name not in columns:
            raise DataError(
                f"implication {implication.text!r}: there is no numeric column {name!r}; {closest(name, columns)}"
            )
    reader = _Reader(implication, {name: column for column, name in enumerate(columns)})
    left_side = reader.sum()
    sign = reader.take(*COMPARISONS)
    if sign is None:
        raise reader.wrong("one of <= < >= > == !=")
    right_side = reader.sum()
    if reader.at < len(implication.tokens):
        raise reader.wrong("the end")
    compare = COMPARISONS[sign]

    def holds(rows: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            first, second = left_side(rows), right_side(rows)
        return compare(first, second) | np.isnan(first) | np.isnan(second)

    return holds


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, implication: Implication, columns: dict[str, int]) -> None:
        self.text, self.tokens, self.places = implication.text, implication.tokens, columns
        self.at = self.depth = 0

    def take(self, *signs: str) -> str | None:
        """The next token where it is one of these signs."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "sign" and self.tokens[self.at].text in signs:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def wrong(self, expected: str) -> ValueError:
        """What was expected, and what stands there."""
        actual = repr(self.tokens[self.at].text) if self.at < len(self.tokens) else "the end"
        return ValueError(f"implication {self.text!r}: expected {expected}, found {actual}")

    def sum(self) -> Numbers:
        """Terms added and subtracted."""
        return self._chain(self.product, "+", "-")

    def product(self) -> Numbers:
        """Factors multiplied and divided."""
        return self._chain(self.factor, "*", "/")

    def factor(self) -> Numbers:
        """A number, a column, a bracket, or one of these with a minus before it."""
        # each bracket is a call of Python: without a bound many of them would end in a RecursionError
        self.depth += 1
        if self.depth > DEPTH:
            raise ValueError(f"implication {self.text!r}: more than {DEPTH} brackets and signs within each other")
        try:
            return self._factor()
        finally:
            self.depth -= 1

    def _factor(self) -> Numbers:
        if self.take("-"):
            inner = self.factor()
            return lambda rows: -inner(rows)
        if self.take("("):
            inner = self.sum()
            if self.take(")") is None:
                raise self.wrong("')'")
            return inner
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "number":
            self.at += 1
            return lambda rows: np.full(len(rows), float(text))
        if kind == "name":
            self.at += 1
            column = self.places[text]
            return lambda rows: rows[:, column]
        raise self.wrong("a column or a number")

    def _chain(self, part: Callable[[], Numbers], *signs: str) -> Numbers:
        parts = [part()]
        operators = []
        while (sign := self.take(*signs)) is not None:
            operators.append(ARITHMETIC[sign])
            parts.append(part())

        def value(rows: np.ndarray) -> np.ndarray:
            result = parts[0](rows)
            for combine, operand in zip(operators, parts[1:], strict=True):
                result = combine(result, operand(rows))
            return result

        return value
