"""The search against all conjunctions one by one, and conditions against the rows that they describe."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.data import AuditData
from auditkit.plugins.fairness.slices import search
from auditkit.plugins.fairness.slices.conditions import cut, features_of, forbidden
from auditkit.plugins.fairness.slices.search import Space, bound, members, score, top_slices
from tests.plugins.fairness.slices.brute import every_slice


def table(seed, features, rows, widths, numbers):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(-1, width, rows) for width in widths[:features]])
    signal = (codes[0] == 0) & (codes[-1] == 1)
    errors = np.where(signal, 0.7, 0.2) * rng.random(rows) if numbers else rng.random(rows) < np.where(signal, 0.7, 0.2)
    return codes, errors.astype(float)


@settings(max_examples=60)
@given(
    st.integers(0, 10**6), st.integers(1, 4), st.integers(20, 150), st.lists(st.integers(1, 4), min_size=4, max_size=4),
    st.integers(1, 12), st.integers(1, 3), st.integers(1, 12), st.sampled_from([0.5, 0.9, 0.95, 1.0]), st.booleans(),
)  # fmt: skip
def test_the_search_finds_what_trying_everything_finds(seed, features, rows, widths, k, depth, support, alpha, numbers):
    codes, errors = table(seed, features, rows, widths, numbers)
    slices = top_slices(
        Space(codes, tuple(widths[:features])), errors, k=k, depth=depth, support=support, alpha=alpha
    ).slices
    if errors.sum() == 0:
        assert slices == []
        return
    expected = every_slice(codes, errors, depth, support, alpha)[:k]
    assert [(cell.features, cell.codes) for cell in slices] == [(chosen, values) for _, chosen, values in expected]
    assert [cell.score for cell in slices] == pytest.approx([expected_score for expected_score, _, _ in expected])
    space = Space(codes, tuple(widths[:features]))
    assert all(members(space, cell).sum() == cell.size for cell in slices)
    assert all(errors[members(space, cell)].sum() == pytest.approx(cell.error) for cell in slices)


def test_bounds_leave_slices_out_without_losing_any(monkeypatch):
    """With bounds that rule nothing out, more is counted and the same is found."""
    codes, errors = table(1, 4, 2000, [4] * 4, False)
    options = {"k": 3, "depth": 3, "support": 20, "alpha": 0.95}
    pruned = top_slices(Space(codes, (4,) * 4), errors, **options)
    monkeypatch.setattr(search, "bound", lambda sizes, *rest: np.full(np.shape(sizes), np.inf))
    whole = top_slices(Space(codes, (4,) * 4), errors, **options)
    assert pruned.slices == whole.slices and pruned.evaluated < whole.evaluated


@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from([0.5, 0.95, 1.0]))
def test_no_part_of_a_slice_scores_above_its_bound(seed, support, alpha):
    rng = np.random.default_rng(seed)
    errors = rng.random(200) * (rng.random(200) < 0.3)
    errors[0] = 1.0
    inside = rng.random(200) < 0.5
    if inside.sum() < support:
        return
    own = errors[inside]
    limit = bound(np.array(inside.sum()), np.array(own.sum()), np.array(own.max()), 200, errors.sum(), alpha, support)
    for size in range(support, int(inside.sum()) + 1):
        worst = np.sort(own)[-size:].sum()
        assert score(size, worst, 200, errors.sum(), alpha) <= limit + 1e-9


def test_the_score_by_hand():
    # 100 rows, 20 errors; a slice of 10 rows with 8 of them: 0.95 (0.8 / 0.2 - 1) - 0.05 (100 / 10 - 1)
    assert score(10, 8, 100, 20, 0.95) == pytest.approx(2.4)
    assert score(100, 20, 100, 20, 0.95) == pytest.approx(0)


def test_what_may_not_be_shown_is_not_searched():
    codes, errors = table(2, 3, 1000, [3] * 3, False)
    everything = top_slices(Space(codes, (3,) * 3), errors, k=5, depth=3, support=10, alpha=0.95).slices
    assert everything[0][:2] == ((0, 2), (0, 1))

    def hidden(chosen):
        if not {0, 2} <= set(chosen):
            return None
        mask = np.zeros([3] * len(chosen), dtype=bool)
        mask[(0, *[slice(None)] * (len(chosen) - 2), 1)] = True
        return mask

    slices = top_slices(Space(codes, (3,) * 3, hidden), errors, k=5, depth=3, support=10, alpha=0.95).slices
    assert slices and all(cell.features != (0, 2) or cell.codes != (0, 1) for cell in slices)
    assert all(not (cell.features == (0, 1, 2) and cell.codes[0] == 0 and cell.codes[2] == 1) for cell in slices)


@given(
    st.lists(st.one_of(st.integers(-5, 5), st.integers(-500, 500), st.just(None)), min_size=1, max_size=200),
    st.integers(2, 6), st.booleans(),
)  # fmt: skip
def test_every_number_is_in_the_bin_that_says_so(values, bins, whole):
    numbers = np.array([np.nan if value is None else value if whole else value + 0.25 for value in values], dtype=float)
    texts, codes = cut(numbers, bins)
    assert len(set(texts)) == len(texts)
    assert (codes[np.isnan(numbers)] == -1).all() and (codes[~np.isnan(numbers)] >= 0).all()
    for value, code in zip(numbers, codes, strict=True):
        if code >= 0:
            assert holds(value, texts[code]), (value, texts[code])


def holds(value, text):
    if text.startswith("under "):
        return value < float(text.removeprefix("under "))
    if text.endswith(" and over"):
        return value >= float(text.removesuffix(" and over"))
    if " to under " in text:
        low, high = map(float, text.split(" to under "))
        return low <= value < high
    if " to " in text:
        low, high = map(float, text.split(" to "))
        return low <= value <= high
    return value == float(text)


def test_bins_of_a_number_that_is_mostly_zero():
    values = np.array([0.0] * 90 + list(range(1, 11)))
    texts, codes = cut(values, 3)
    assert texts[0] == "0" and (codes[:90] == 0).all() and len(texts) == 3
    assert cut(np.array([3.0, 1.0, 1.0]), 5)[0] == ("1", "3")


def test_features_are_the_groups_and_the_other_inputs():
    frame = pd.DataFrame(
        {
            "age": np.arange(100),
            "job": pd.Series(["a", "b", None, "b"] * 25, dtype=object),
            "flag": [True, False] * 50,
            "same": [1] * 100,
        }
    )
    groups = {"age": np.where(np.arange(100) < 50, "young", "old"), "sex": np.array(["F", "M", "F", "M"] * 25)}
    features = {feature.name: feature for feature in features_of(AuditData(inputs=frame, groups=groups), bins=4)}
    assert list(features) == ["age", "sex", "job", "flag"]
    assert features["age"].texts == ("old", "young") and features["age"].group
    assert features["job"].texts == ("a", "b", "(missing)")
    assert [features["job"].texts[code] for code in features["job"].codes[:4]] == ["a", "b", "(missing)", "b"]
    assert features["flag"].texts == ("False", "True") and not features["flag"].group


def test_an_array_has_features_too():
    data = AuditData(inputs=np.column_stack([np.arange(50.0), np.tile([0.0, 1.0], 25)]))
    assert [(feature.name, len(feature.texts)) for feature in features_of(data, bins=4)] == [("x0", 4), ("x1", 2)]


def test_groups_too_small_to_show_are_no_conditions():
    race = np.array(["a"] * 100 + ["b"] * 100 + ["c"] * 40 + ["tiny"] * 3)
    sex = np.array(["F", "M"] * 100 + ["F"] * 35 + ["M"] * 5 + ["F", "M", "M"])
    data = AuditData(inputs=pd.DataFrame({"x": np.arange(243)}), groups={"sex": sex, "race": race})
    features = features_of(data, bins=2)
    assert features[1].texts == ("a", "b", "c")  # c is no smaller for the three beside it
    assert set(features[1].codes[240:]) == {-1}
    shown = {name: column[:240] for name, column in data.groups.items()}
    data = AuditData(inputs=data.inputs.iloc[:240].reset_index(drop=True), groups=shown)
    features = features_of(data, bins=2)
    mask = forbidden(features, data.cells)((0, 1))
    assert features[1].texts == ("a", "b", "c") and mask[1, 2]  # five men of c
    assert all(
        mask[at] == (data.cells.reason({"sex": "FM"[at[0]], "race": "abc"[at[1]]}) is not None)
        for at in np.ndindex(2, 3)
    )
    assert forbidden(features, data.cells)((0, 2)) is None
    wide = forbidden(features, data.cells)((0, 1, 2))
    assert wide.shape == (2, 3, 2) and (wide == mask[:, :, None]).all()
