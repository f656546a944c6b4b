"""What `privacy.synthetic_copies` says about tables that hold training rows, and about fresh ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError
from auditkit.host import Host
from auditkit.plugins.privacy.copies import findings
from auditkit.plugins.privacy.copies.check import SyntheticCopies
from auditkit.run.plan import configured, selected
from tests.plugins.recorded import control, one, recorded, run

ROWS = 800


def people(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.normal(shift, 1, rows)
    pay = np.where(rng.random(rows) < 0.05, np.nan, 1000 * (age + rng.normal(0, 1, rows)))
    return pd.DataFrame(
        {
            "age": age,
            "pay": pay,
            "job": rng.choice(["clerk", "nurse", "cook"], rows),
            "town": rng.choice(["x", "y"], rows),
        }
    )


TRAIN, TEST = people(ROWS, 0), people(ROWS, 1)


def build(test=TEST, train=TRAIN):
    labels = np.arange(len(test)) % 2
    split = AuditData(train, labels=np.arange(len(train)) % 2, positive=1)
    return recorded(labels, labels, inputs=test, train=split)


def check_of(folder, made, **parameters):
    path = folder / "made.parquet"
    made.to_parquet(path)
    return SyntheticCopies(synthetic=str(path), **parameters)


def of(tmp_path, made, test=TEST, **parameters):
    return run(check_of(tmp_path, made, **parameters), *build(test))


def flagged(result):
    """Whether it speaks of copies."""
    shares = [one(result, name) for name in findings.COMPARED]
    return any(
        share.interval.low > expected and share.validity == "valid"
        for share, expected in zip(shares, (0.5, 0.0), strict=True)
    )


def failed(result):
    return {check.name for check in result.controls if check.holds is not True}


def with_copies(share, jitter=0.0, seed=5):
    """Fresh rows, some of them taken from the training split, with a little noise in their numbers."""
    rng = np.random.default_rng(seed)
    made = people(ROWS, seed)
    copied = TRAIN.sample(round(share * ROWS), random_state=seed).reset_index(drop=True)
    copied["age"] += rng.normal(0, jitter, len(copied)) if jitter else 0.0
    copied["pay"] += rng.normal(0, 1000 * jitter, len(copied)) if jitter else 0.0
    made.iloc[: len(copied)] = copied
    return made


@pytest.mark.parametrize("jitter", [0.0, 0.01])
def test_a_tenth_of_copies_is_seen(tmp_path, jitter):
    result = of(tmp_path, with_copies(0.1, jitter))
    assert failed(result) == set() and flagged(result)
    assert one(result, "near_copies_excess").interval.low > 0.04
    copies = one(result, "exact_copies", conditions={"to": "training split"})
    assert copies.value == (0.1 if jitter == 0 else 0) and copies.exact
    assert one(result, "exact_copies", conditions={"to": "held-out rows"}).value == 0


def test_a_table_of_nothing_but_copies(tmp_path):
    result = of(tmp_path, TRAIN)
    assert one(result, "exact_copies", conditions={"to": "training split"}).value == 1
    assert one(result, "closer_to_training").value > 0.99
    assert one(result, "closest_distance", conditions={"to": "training split"}).value == 0
    assert one(result, "nearest_ratio", conditions={"to": "training split"}).value == 0
    assert one(result, "nearest_ratio", conditions={"to": "held-out rows"}).value > 0.3


def test_fresh_rows_are_not_flagged(tmp_path):
    results = [of(tmp_path, people(ROWS, 100 + seed)) for seed in range(6)]
    assert sum(map(flagged, results)) <= 1
    assert all(failed(result) == set() for result in results)
    number = one(results[0], "closer_to_training")
    assert number.value == pytest.approx(0.5, abs=0.08) and "effective" in number.interval.method


def test_held_out_rows_from_elsewhere_make_it_invalid(tmp_path):
    result = of(tmp_path, people(ROWS, 7), test=people(ROWS, 1, shift=2.0))
    assert "rows never seen" in failed(result)
    assert {one(result, name).validity for name in findings.COMPARED} == {"invalid"}


def test_wrong_neighbours_are_noticed(tmp_path, monkeypatch):
    right = findings.nearest
    monkeypatch.setattr(findings, "nearest", lambda points, among, unit: right(points, among[::2], unit[::2]))
    result = of(tmp_path, people(ROWS, 7))
    assert (
        "neighbours" in failed(result)
        and one(result, "closest_distance", conditions={"to": "training split"}).validity == "invalid"
    )


def test_copies_that_are_not_seen_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(findings.self_tests, "planted", lambda points, rng: points)
    result = of(tmp_path, people(ROWS, 7))
    assert failed(result) == {"planted copies"}
    assert one(result, "closer_to_training").validity == "inconclusive"


def test_one_wild_value_does_not_make_all_rows_alike(tmp_path):
    made = with_copies(0.1)
    made.loc[ROWS - 1, "pay"] = 1e12
    clean = one(of(tmp_path, with_copies(0.1)), "near_copies_excess").value
    assert one(of(tmp_path, made), "near_copies_excess").value == pytest.approx(clean, abs=0.01)


def test_rows_of_both_splits_are_no_held_out_rows(tmp_path):
    test = pd.concat([TRAIN[:300], TEST[300:]], ignore_index=True)
    result = of(tmp_path, TRAIN, test=test)
    assert one(result, "exact_copies", conditions={"to": "held-out rows"}).value == 0


def with_repeats(table, share=0.5):
    """The table with so many of its rows in the place of others."""
    count = round(share * len(table))
    return pd.concat([table.iloc[count:], table.iloc[-count:]], ignore_index=True)


def test_rows_that_repeat_in_a_split_neither_hide_copies_nor_make_them(tmp_path):
    train, test = with_repeats(TRAIN), with_repeats(TEST)
    numbers = ((train, TEST), (TRAIN, test), (train, test))
    for parts in numbers:
        result = run(check_of(tmp_path, people(ROWS, 7)), *build(parts[1], parts[0]))
        assert one(result, "closer_to_training").value == pytest.approx(0.5, abs=0.08) and not failed(result)
    made = people(ROWS, 7)
    made.iloc[: ROWS // 10] = train.iloc[-(ROWS // 10) :].to_numpy()
    assert flagged(run(check_of(tmp_path, made.convert_dtypes()), *build(TEST, train)))


def test_rows_that_chance_repeats_on_both_sides_are_no_copies(tmp_path):
    def rounded(seed):
        return people(ROWS, seed).round({"age": 1, "pay": -3})

    numbers = []
    for seed in range(4):
        result = run(check_of(tmp_path, rounded(seed)), *build(rounded(50 + seed), rounded(100 + seed)))
        numbers.append(one(result, "near_copies_excess").value)
    assert np.mean(numbers) == pytest.approx(0, abs=0.02)


def test_few_rows_are_undefined(tmp_path):
    result = of(tmp_path, people(50, 9))
    assert "fewer than 100 different rows" in one(result, "closer_to_training").reason
    assert one(result, "exact_copies", conditions={"to": "training split"}).value == 0


def test_no_row_is_shown(tmp_path):
    result = of(tmp_path, with_copies(0.1)).model_dump_json()
    assert not any(f"{value:.6g}" in result for value in TRAIN["age"][:50]) and "clerk" not in result


def test_categories_that_are_in_one_table_alone_are_kept_apart(tmp_path):
    made = people(ROWS, 7).assign(job="pilot")
    result = of(tmp_path, made)
    assert failed(result) == {"same words"}
    assert one(result, "exact_copies", conditions={"to": "training split"}).validity == "inconclusive"
    assert one(result, "closest_distance", conditions={"to": "training split"}).value >= 1
    assert one(result, "exact_copies", conditions={"to": "training split"}).value == 0


def test_a_table_that_is_read_otherwise_is_noticed_and_read_as_it_is_said(tmp_path):
    """Gaps that are written as question marks hide every copy of a row with a gap."""
    train, test = (rows.assign(job=rows["job"].where(rows["age"] > 0, None)) for rows in (TRAIN, TEST))
    path = tmp_path / "made.csv"
    train.to_csv(path, index=False, na_rep="?", sep=";")
    model, data = build(test, train)
    with pytest.raises(DataError, match="synthetic: "):
        run(SyntheticCopies(synthetic=str(path), reading={"delimiter": ";"}), model, data)
    train.drop(columns="pay").to_csv(path, index=False, na_rep="?", sep=";")
    model, data = build(test.drop(columns="pay"), train.drop(columns="pay"))
    blind = run(SyntheticCopies(synthetic=str(path), reading={"delimiter": ";"}), model, data)
    assert "same words" in failed(blind)
    assert 0 < one(blind, "exact_copies", conditions={"to": "training split"}).value < 0.6
    right = run(SyntheticCopies(synthetic=str(path), reading={"delimiter": ";", "missing": ["?"]}), model, data)
    assert "same words" not in failed(right)
    assert one(right, "exact_copies", conditions={"to": "training split"}).value == 1


def test_the_file_is_a_parameter_with_its_digest(tmp_path):
    check = check_of(tmp_path, TRAIN)
    assert len(check.sha256) == 64 and SyntheticCopies(synthetic=check.synthetic, sha256=check.sha256) == check
    other = check_of(tmp_path, TEST)
    assert other.sha256 != check.sha256
    for fields, words in (
        ({"synthetic": check.synthetic, "sha256": "0" * 64}, "sha256 must be"),
        ({"synthetic": str(tmp_path / "none.csv")}, "can be read"),
    ):
        with pytest.raises(ValidationError, match=words):
            SyntheticCopies(**fields)
        with pytest.raises(ConfigError, match=words):
            configured(SyntheticCopies, "quick", fields)


def test_a_table_without_a_column_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"synthetic: .*town"):
        of(tmp_path, TRAIN.drop(columns="town"))
    with pytest.raises(DataError, match=r"synthetic: .*age"):
        of(tmp_path, TRAIN.assign(age="old"))


def test_it_runs_where_it_is_named_and_told_of_a_table(tmp_path):
    assert "privacy.synthetic_copies" not in selected(Host(discover=False), None)
    assert "privacy.synthetic_copies" in selected(Host(discover=False), ["privacy.synthetic_copies"])
    model, data = build()
    assert "synthetic = " in SyntheticCopies().applies(model, data)
    assert check_of(tmp_path, TRAIN).applies(model, data) is None
    assert "training split" in missing_needs(SyntheticCopies, *recorded([0, 1], [0, 1]))


def test_arrays_are_compared_too(tmp_path):
    rng = np.random.default_rng(0)
    train, test, fresh = (rng.normal(size=(300, 5)) for _ in range(3))
    np.savez(tmp_path / "made.npz", inputs=np.vstack([train[:60], fresh[60:]]))
    split = AuditData(train, labels=np.arange(300) % 2, positive=1)
    model, data = recorded(np.arange(300) % 2, np.arange(300) % 2, inputs=test, train=split)
    result = run(SyntheticCopies(synthetic=str(tmp_path / "made.npz")), model, data)
    assert one(result, "exact_copies", conditions={"to": "training split"}).value == 0.2 and flagged(result)


def test_the_same_seed_gives_the_same_result(tmp_path):
    made = people(ROWS, 7)
    assert of(tmp_path, made) == of(tmp_path, made)
    assert control(of(tmp_path, made), "planted copies").holds


@pytest.mark.parametrize("name", ["adult", "credit_default", "german"])
def test_real_rows_in_place_of_synthetic_ones(tmp_path, shared_data, name):
    """Rows that no generator saw are not flagged; with a tenth of training rows among them they are."""
    frame = real(shared_data, name)
    third = len(frame) // 3
    train, test, fresh = (frame.iloc[i * third : (i + 1) * third].reset_index(drop=True) for i in range(3))
    copied = fresh.copy()
    copied.iloc[: third // 10] = train.iloc[: third // 10]
    seen = {}
    for kind, made in (("fresh", fresh), ("copied", copied)):
        path = tmp_path / f"{kind}.parquet"
        made.to_parquet(path)
        result = run(SyntheticCopies(synthetic=str(path)), *build(test, train))
        assert failed(result) == set()
        seen[kind] = result
    assert not flagged(seen["fresh"]) and flagged(seen["copied"])
    copies = one(seen["copied"], "exact_copies", conditions={"to": "training split"}).value
    assert copies >= third // 10 / third


def real(shared_data, name):
    if name == "german":
        frame = pd.read_csv(shared_data / name / "german.data", sep=r"\s+", header=None)
        frame.columns = [f"c{number}" for number in frame.columns]
    elif name == "adult":
        frame = pd.read_csv(shared_data / name / "adult.data.gz", header=None, skipinitialspace=True)
        frame.columns = [f"c{number}" for number in frame.columns]
    else:
        frame = pd.read_csv(shared_data / name / "credit-card-clients.csv.gz")
    return frame.sample(min(len(frame), 4500), random_state=0).reset_index(drop=True)
