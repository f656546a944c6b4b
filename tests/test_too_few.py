"""The sentences that say why there is no number, and that they are made in one place."""

import ast
import pathlib
import re

import pytest

import auditkit
from auditkit.too_few import fewer_than, lacking, two_groups

PACKAGE = pathlib.Path(auditkit.__file__).parent


@pytest.mark.parametrize(
    ("count", "minimum", "reason"),
    [
        (0, 10, "no people"), (0, 0, "no people"), (9, 10, "fewer than 10 people"), (10, 10, None), (1, 0, None),
        (1, 1, None), (1, 2, "fewer than 2 people"),
    ],
)  # fmt: skip
def test_a_denominator_lacks_people_or_does_not(count, minimum, reason):
    assert lacking(count, minimum, "people") == reason


def test_the_sentences():
    assert fewer_than("minimum_cell", "people") == "fewer than minimum_cell people"
    assert two_groups() == "fewer than two groups can be compared"
    assert two_groups(["sex", "race"], left_out="left out: A") == (
        "fewer than two groups of sex and race can be compared (left out: A)"
    )
    assert two_groups(["sex"], "can be shown") == "fewer than two groups of sex can be shown"


def test_no_other_file_makes_such_a_sentence():
    """`fewer than {minimum} …` or `fewer than two …` in any text of the package."""
    files = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
        docstrings = {id(line.value) for body in bodies for line in body if isinstance(line, ast.Expr)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
            if isinstance(text, str) and re.search(r"fewer than( $|$| two| \{)", text):
                files.add(path.name)
    assert files == {"too_few.py"}
