"""docs/models.md is true: each kind of model can what its row says, and each check needs what the page says."""

from __future__ import annotations

import pathlib
import re

import pytest

from auditkit.host import Host
from auditkit.models import Capability
from tests.model_kinds import KINDS

PAGE = (pathlib.Path(__file__).resolve().parent.parent / "docs" / "models.md").read_text()
NEEDS = Host(discover=False).checks()
ABOUT_WORDS = {id for id, offer in NEEDS.items() if "generation" in offer.value.needs}
"""Checks of answers in words alone, which no row of another kind of model names."""


def rows(first: str) -> list[list[str]]:
    """The cells of the rows of the table whose first column has this head."""
    table = PAGE[PAGE.index(f"| {first} |") :].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([\w.]+)`", cell))


MODELS = {kind: (names(capabilities), skipped) for kind, _, capabilities, skipped in rows("kind")}


def without(capabilities: set[str]) -> set[str]:
    """The checks that a model of these capabilities does not get."""
    lacking = {str(capability) for capability in Capability} - capabilities
    return {id for id, offer in NEEDS.items() if lacking & {str(need) for need in offer.value.needs}} - ABOUT_WORDS


def test_every_kind_has_a_row_and_every_row_a_model():
    assert set(MODELS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_can_what_its_row_says(kind, tmp_path):
    capabilities, _ = MODELS[kind]
    model = KINDS[kind](tmp_path)
    assert {str(capability) for capability in model.capabilities} == capabilities, kind


@pytest.mark.parametrize("kind", MODELS)
def test_a_row_names_the_checks_that_are_skipped(kind):
    capabilities, skipped = MODELS[kind]
    if "queries" not in capabilities:
        assert "nobody can" in skipped
        return
    assert names(skipped) & set(NEEDS) == without(capabilities)


def test_the_page_says_which_checks_need_a_capability():
    page = {
        names(capability).pop(): names(skipped) & set(NEEDS) - ABOUT_WORDS
        for capability, _, skipped in rows("capability")
    }
    assert page == {
        str(capability): {id for id, offer in NEEDS.items() if str(capability) in map(str, offer.value.needs)}
        - ABOUT_WORDS
        for capability in Capability
    }


def test_checks_of_answers_in_words_are_of_the_family_that_the_page_names_or_named_there():
    skipped = next(skipped for capability, _, skipped in rows("capability") if names(capability) == {"texts"})
    assert "the family `language`" in skipped
    assert {id for id in ABOUT_WORDS if not id.startswith("language.")} == names(skipped) & set(NEEDS)
