"""Corruptions of tables and texts: under the schema, by their rates, and nothing that cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions import texts
from auditkit.plugins.robustness.corruptions.base import SEVERITIES, TABLE, TEXT
from auditkit.plugins.robustness.corruptions.corrupted_answers import differs
from auditkit.plugins.robustness.corruptions.suite import seeds
from auditkit.plugins.robustness.corruptions.tables import STRENGTHS, Tables
from auditkit.plugins.robustness.corruptions.texts import Texts, corrupted


def people(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": rng.uniform(0, 100, n),
            "gaps": np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 1, n)),
            "years": rng.integers(0, 30, n),
            "housing": rng.choice(["rent", "own", "free"], n, p=[0.5, 0.3, 0.2]),
            "sex": rng.choice(["F", "M"], n),
            "y": [0, 1] * (n // 2),
        }
    )


def suite(held=True, **more):
    data = AuditData.from_table(people(), label="y", groups=["sex"], **more)
    return data, Tables(data, seeds(TABLE, np.random.default_rng(0)), held=held)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_corrupted_table_keeps_its_schema_and_what_is_held(name, severity):
    data, tables = suite()
    changed = tables.change(name, severity)
    assert changed.outside == 0 and changed.distance > 0
    after = changed.inputs
    assert list(after.columns) == list(data.inputs.columns) and (after["sex"] == data.inputs["sex"]).all()
    assert (after["years"] == after["years"].round()).all() and after["years"].between(0, 29).all()
    assert set(after["housing"]) <= {"rent", "own", "free"} and after["income"].between(0, 100).all()
    assert after["income"].notna().all()


def test_each_corruption_touches_what_it_says_at_its_rate():
    data, tables = suite()
    before, at = data.inputs, SEVERITIES.index(3)
    lost = tables.change("missing values", 3).inputs
    share = STRENGTHS["missing values"][at]
    new_gaps = (lost["gaps"].isna() & before["gaps"].notna()).sum() / before["gaps"].notna().sum()
    assert new_gaps == pytest.approx(share, abs=0.02)
    typical = np.sort(before["income"])[(len(before) - 1) // 2]
    assert (lost["income"] == typical).mean() == pytest.approx(share, abs=0.02)
    noise = tables.change("noise", 3).inputs["income"] - before["income"]
    inside = before["income"].between(30, 70)
    assert noise[inside].std() == pytest.approx(STRENGTHS["noise"][at] * 98, rel=0.1)
    drift = (tables.change("drift", 3).inputs["income"] - before["income"])[inside]
    assert drift.std() == pytest.approx(0, abs=1e-9) and abs(drift.iloc[0]) == pytest.approx(0.05 * 98, rel=0.03)
    swapped = tables.change("swapped categories", 3).inputs["housing"] != before["housing"]
    assert swapped.mean() == pytest.approx(0.1 * (1 - 0.25 - 0.09 - 0.04), abs=0.02)


def test_groups_move_only_where_it_is_asked_for():
    data, tables = suite(held=False)
    assert (tables.change("swapped categories", 5).inputs["sex"] != data.inputs["sex"]).any()


def test_what_no_feature_allows_is_not_tried_and_said():
    data = AuditData.from_table(people()[["income", "y"]], label="y")
    tables = Tables(data, seeds(TABLE, np.random.default_rng(0)), held=True)
    assert "swapped categories" not in tables.names and "Not tried" in tables.notes[0]


def test_a_table_with_another_value_in_a_schema_is_counted_as_outside():
    data, tables = suite()
    codes = data.codes()
    codes[0, 0] = 1e9
    assert tables._outside(codes).sum() == 1


LETTERS = "The quick brown fox jumps over the lazy dog, 42 times!"


@settings(max_examples=60, deadline=None)
@given(st.text(), st.sampled_from(TEXT), st.integers(0, 9))
def test_what_is_hit_at_one_strength_is_hit_at_every_larger_one(text, name, seed):
    corrupted_texts = [corrupted(text, name, strength, np.random.default_rng(seed)) for strength in (0.0, 0.3, 1.0)]
    assert corrupted_texts[0] == text
    distances = [texts.distance(text, corrupted_text) for corrupted_text in corrupted_texts]
    assert distances == sorted(distances)
    assert bool(corrupted_texts[2]) == bool(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("capitals", LETTERS.swapcase()),
        ("white space", "".join(letter + " " for letter in LETTERS)),
        ("accents", LETTERS.translate(str.maketrans(texts.ACCENTS))),
        ("look-alikes", LETTERS.translate(str.maketrans(texts.LOOK_ALIKES))),
    ],
)
def test_at_full_strength_every_character_is_hit(name, expected):
    assert corrupted(LETTERS, name, 1.0, np.random.default_rng(0)) == expected


def test_a_slip_hits_a_key_beside():
    assert set(texts.NEIGHBOURS["s"]) == set("adwezx")
    slipped = corrupted(LETTERS, "typos", 1.0, np.random.default_rng(0))
    for before, after in zip(LETTERS, slipped, strict=True):
        assert after in texts.NEIGHBOURS[before] if before in texts.NEIGHBOURS else after == before


@pytest.mark.parametrize("name", TEXT)
def test_rates_of_texts(name):
    many = ["abcdefghij klmno" * 20] * 50
    suite = Texts(many, seeds(TEXT, np.random.default_rng(0)))
    strength = texts.STRENGTHS[name][2]
    changed = suite.change(name, 3)
    possible = np.mean([corrupted(c, name, 1.0, np.random.default_rng(0)) != c for c in many[0]])
    possible = 1.0 if name == "dropped characters" else possible
    assert changed.distance == pytest.approx(strength * possible, rel=0.1) and changed.outside == 0
    assert suite.change(name, 0).inputs == many


def test_rows_that_differ():
    assert differs(["a", "b"], ["a", "c"]).tolist() == [False, True]
    assert differs(np.array([[1.0, np.nan], [2, 3]]), np.array([[1.0, np.nan], [2, 4]])).tolist() == [False, True]
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": ["x", None, "z"]})
    assert differs(frame, frame.assign(b=["x", None, "y"])).tolist() == [False, False, True]
    flags = [pd.DataFrame({"a": pd.array(values, "boolean")}) for values in ([True, None, None], [False, None, True])]
    assert differs(*flags).tolist() == [True, False, True]
