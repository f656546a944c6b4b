"""What must hold between numeric columns, such as `years_employed <= age - 14`: a little of Python's grammar."""

import ast
import itertools
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import DataError, check_known

PIECE = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`"
    r"|(?P<sign><=|>=|==|!=|[<>+\-*/()]))"
)
COMPARISONS: dict[type[ast.AST], Any] = {
    ast.LtE: operator.le, ast.Lt: operator.lt, ast.GtE: operator.ge, ast.Gt: operator.gt, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
ARITHMETIC: dict[type[ast.AST], Any] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.USub: np.negative,
}  # fmt: skip
MOST = 400
"""Pieces of a comparison at most: each bracket and sign within another is a call of Python."""


class Implication(NamedTuple):
    """A comparison between numeric columns."""

    text: str
    tree: ast.Compare
    """Its operands are named `_0`, `_1`, … in the order in which they stand."""
    operands: tuple[str | float, ...]
    """Columns and numbers."""


def parse(text: str) -> Implication:
    """Read a comparison: columns, numbers, `+ - * /` and brackets on either side of `<= < >= > == !=`.

    A column whose name is not made of letters, digits and _ stands between backticks.

    Raises:
        ValueError: the text is no such comparison.
    """
    pieces, places = list(PIECE.finditer(text)), itertools.count()
    # operands by their number, so that a column may be called as a word of Python is
    code = " ".join(piece["sign"] or f"_{next(places)}" for piece in pieces)
    try:
        tree: Any = ast.parse(code, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        tree = None
    if PIECE.sub("", text).strip() or len(pieces) > MOST or not _is_comparison(tree):
        raise ValueError(
            f"implication {text!r} cannot be read; write columns, numbers, + - * / and brackets on either side of one "
            "of <= < >= > == !=, and other column names between backticks"
        )
    operands = [piece for piece in pieces if not piece["sign"]]
    if not any(piece["name"] or piece["quoted"] for piece in operands):
        raise ValueError(f"implication {text!r} names no column")
    values = (float(piece["number"]) if piece["number"] else piece["name"] or piece["quoted"] for piece in operands)
    return Implication(text, tree, tuple(values))


def bind(implication: Implication, columns: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """The comparison as a function of rows (M, D) whose columns have these names.

    It gives (M,) bool: True also where a value is missing, for then nothing is known to be wrong.

    Raises:
        DataError: it names a column that is not there.
    """
    named = (operand for operand in implication.operands if isinstance(operand, str))
    start = f"implication {implication.text!r}: there is no numeric column"
    check_known(named, columns, DataError, lambda name: f"{start} {name!r}; ")
    tree, places = implication.tree, {name: column for column, name in enumerate(columns)}

    def value(node: Any, rows: np.ndarray) -> np.ndarray:
        if isinstance(node, ast.BinOp):
            return np.asarray(ARITHMETIC[type(node.op)](value(node.left, rows), value(node.right, rows)))
        if isinstance(node, ast.UnaryOp):
            return np.asarray(ARITHMETIC[type(node.op)](value(node.operand, rows)))
        operand = implication.operands[int(node.id[1:])]
        return rows[:, places[operand]] if isinstance(operand, str) else np.full(len(rows), operand)

    def holds(rows: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            first, second = value(tree.left, rows), value(tree.comparators[0], rows)
        return np.asarray(COMPARISONS[type(tree.ops[0])](first, second) | np.isnan(first) | np.isnan(second))

    return holds


def _is_comparison(tree: Any) -> bool:
    """Whether a tree compares two sides, once, that are made of operands and arithmetic."""
    if not isinstance(tree, ast.Compare) or len(tree.ops) > 1:
        return False
    nodes = itertools.chain(ast.walk(tree.left), ast.walk(tree.comparators[0]))
    return all(isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, *ARITHMETIC)) for node in nodes)
