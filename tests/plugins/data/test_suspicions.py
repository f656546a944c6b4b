"""Groups that may be one, groups called missing, and codes for missing values among numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as some

from auditkit.data import AuditData
from auditkit.data.orders import Notation
from auditkit.data.sentinels import Sentinel, codes_of, sentinels_among
from auditkit.plugins.data.check import Integrity
from auditkit.plugins.data.suspicions import alike, like_missing
from auditkit.plugins.models.recorded import RecordedModel
from tests.plugins.recorded import one, recorded, run


def sentinels(column: np.ndarray) -> list[Sentinel]:
    return sentinels_among(*np.unique(column[~np.isnan(column)], return_counts=True))


@pytest.mark.parametrize(
    "names",
    [
        ("Male", "male"), ("male", "male "), ("Afro American", "AfroAmerican"), ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"), ("\uff21", "a"), ("a\u00a0b", "a b"), ("a\u200bb", "ab"), ("1", "\uff11"),
    ],
)  # fmt: skip
def test_groups_that_differ_only_in_case_blanks_or_unicode_form(names):
    assert alike([*names, "other", "(missing)"]) == [names]


def test_groups_that_differ_otherwise_are_not_alike():
    assert alike(["male", "female", "cafe", "caf\u00e9", "1", "10", "a-b", "ab", "(missing)"]) == []


@pytest.mark.parametrize("name", ["nan", "NaN", "<NA>", "NaT"])
def test_names_that_nobody_has_say_missing(name):
    assert like_missing(["a", name]) == [name] == like_missing(["a", name, "(missing)"])


@pytest.mark.parametrize("name", ["NA", "None", "null", "unknown", "?", "(empty)"])
def test_names_that_somebody_may_have_say_missing_only_beside_missing_values(name):
    assert like_missing(["a", name]) == [] and like_missing(["a", name, "(missing)"]) == [name]


def ages(rng, rows=400):
    return rng.integers(18, 91, rows).astype(float)


@pytest.mark.parametrize("code", [-1, -9, -99, -999, -9999, 999, 9999, 99999, 998, -32768, 2**31 - 1, -(2.0**31)])
@pytest.mark.parametrize("rows", [3, 30])
def test_codes_for_missing_values_stand_apart(code, rows):
    rng = np.random.default_rng(0)
    column = ages(rng)
    column[rng.choice(400, rows, replace=False)] = code
    assert sentinels(column) == [(code, rows)]
    assert sentinels(np.append(column, np.nan)) == [(code, rows)]


def test_several_codes_and_one_that_is_frequent():
    rng = np.random.default_rng(1)
    column = ages(rng)
    column[:20], column[20:30], column[30:33] = -9, 998, 999
    assert {sentinel.value for sentinel in sentinels(column)} == {-9, 998, 999}
    days = np.where(rng.random(400) < 0.8, -1, rng.integers(1, 300, 400)).astype(float)
    assert [sentinel.value for sentinel in sentinels(days)] == [-1]


@pytest.mark.parametrize("code", [-999, -9999, 9999, 99999])
def test_a_frequent_code_among_amounts_is_found_wherever_it_stands(code):
    rng = np.random.default_rng(0)
    for column in (rng.normal(30_000, 12_000, 400).round(2), np.exp(rng.normal(9, 1.5, 400)).round(2)):
        column[rng.choice(400, 20, replace=False)] = code
        assert sentinels(column) == [(code, 20)]


@pytest.mark.parametrize("code", [-99, -999, 999, 9999, 99])
@pytest.mark.parametrize("values", [(0, 1), (1, 2, 3, 4, 5), tuple(range(8))])
def test_a_code_among_few_values_is_found_where_it_is_far_away(values, code):
    column = np.resize(np.array(values, dtype=float), 200)
    column[5] = code
    assert sentinels(column) == [(code, 1)] and sentinels(column[:5]) == []


def test_one_large_code_is_found_where_it_is_farther_away_than_all_others_are_apart():
    assert sentinels(np.append(ages(np.random.default_rng(0)), 9999.0)) == [(9999, 1)]


@pytest.mark.parametrize("spell", ["{:.1f}%", "{:.2f} kg", "{:.1f}"])
def test_codes_are_found_in_texts_that_are_numbers(spell):
    rng = np.random.default_rng(2)
    column = ages(rng)
    column[:30] = -999
    labels = rng.integers(0, 2, 400)
    inputs = pd.DataFrame({"age": [spell.format(age).replace(".", ",") for age in column]})
    result = run(Integrity(), *recorded(labels, labels, {}, inputs=inputs))
    assert one(result, "sentinel_features").value == 1 and "age (-999)" in " ".join(result.notes)


def test_groups_that_blanks_around_them_told_apart_are_one_and_found_in_every_reader(tmp_path):
    frame = pd.DataFrame({"sex": np.resize(["male", "male ", "female"], 60), "x": np.arange(60), "y": [0, 1] * 30})
    frame["d"] = frame["y"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    for source in (frame, tmp_path / "t.csv"):
        data = AuditData.from_table(source, label="y", groups=["sex"], decisions="d")
        assert set(data.groups["sex"]) == {"male", "female"}
        result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
        assert one(result, "alike_groups", across=("sex",)).value == 2
        assert any("'male', 'male ' are one already" in note for note in result.notes)
    data = AuditData.from_table(frame.replace("male", " male "), label="y", groups=["sex"], decisions="d")
    assert data.merged == {"sex": (" male ", "male ")}
    data = AuditData.from_table(frame.replace("male", "male "), label="y", groups=["sex"], decisions="d")
    assert data.merged == {}  # all names have them


def test_an_empty_text_counts_as_missing_whatever_the_reader(tmp_path):
    frame = pd.DataFrame({"town": np.resize(["", "a", "b", "c"], 60), "x": np.arange(60), "y": [0, 1] * 30})
    frame["d"] = frame["y"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    for source in (frame, tmp_path / "t.csv"):
        data = AuditData.from_table(source, label="y", decisions="d")
        result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
        assert one(result, "missing_share", conditions={"feature": "town"}).value == 0.25
    assert AuditData.from_table(frame, label="y").inputs["town"][0] == ""  # as the model knows it


HEALTHY = {
    "shares of 1 and 100": lambda rng: rng.choice([1.0, 50.0, 99.0, 100.0], 400),
    "incomes in round numbers": lambda rng: (np.exp(rng.normal(10, 1, 400)) / 1000).round() * 1000,
    "scores to 999": lambda rng: rng.integers(0, 1000, 400).astype(float),
    "two prices": lambda rng: rng.choice([9.0, 99.0, 999.0], 400),
    "ages": ages,
    "ages to 99": lambda rng: rng.integers(18, 100, 400).astype(float),
    "numbers about 0": lambda rng: rng.normal(0, 20, 400).round(),
    "temperatures": lambda rng: rng.integers(-1, 30, 400).astype(float),
    "incomes": lambda rng: np.minimum(np.exp(rng.normal(10, 1, 400)), 1e6).round(),
    "three values": lambda rng: rng.integers(-1, 2, 400).astype(float),
    "scores from -1 to 1": lambda rng: rng.uniform(-1, 1, 400).round(2),
    "percent": lambda rng: rng.integers(0, 100, 400).astype(float),
    "one large value": lambda rng: np.append(ages(rng), 150.0),
    "all different": lambda rng: np.arange(400.0),
    "nothing": lambda rng: np.full(400, np.nan),
}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_numbers_hold_no_code(name, seed):
    assert sentinels(HEALTHY[name](np.random.default_rng(seed))) == []


def days(rng, first="1930-01-01", last="2005-12-31", rows=400):
    low, high = (int(np.datetime64(day, "D").astype(int)) for day in (first, last))
    return rng.integers(low, high, rows).astype("datetime64[D]")


FORMS = {
    "numpy": lambda dates: pd.Series(dates.astype("datetime64[s]")),
    "nanoseconds": lambda dates: pd.Series(dates.astype("datetime64[ns]")),
    "objects": lambda dates: pd.Series([day.item() for day in dates], dtype=object),
    "texts": lambda dates: pd.Series([day.item().strftime("%d.%m.%Y") for day in dates]),
    "periods": lambda dates: pd.Series(pd.PeriodIndex(dates.astype(str), freq="D")),
    "in a zone": lambda dates: pd.Series(dates.astype("datetime64[s]")).dt.tz_localize("UTC"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("code", "rows"), [("1900-01-01", 1), ("1900-01-01", 40), ("1970-01-01", 40)])
def test_days_that_programs_write_for_no_date_are_found(form, code, rows):
    dates = days(np.random.default_rng(0))
    dates[:rows] = np.datetime64(code)
    assert codes_of(FORMS[form](dates), Notation()) == [code]


@pytest.mark.parametrize("code", ["9999-12-31", "2999-12-31", "2099-12-31"])
def test_days_that_never_come_are_found(code):
    dates = days(np.random.default_rng(0))
    dates[3] = np.datetime64(code)
    assert codes_of(FORMS["objects"](dates), Notation()) == [code]
    assert codes_of(FORMS["texts"](dates), Notation()) == [code]


HEALTHY_DAYS = {
    "births": days,
    "births from 1900": lambda rng: days(rng, "1900-01-01", "1999-12-31", 4000),
    "days from 1970": lambda rng: np.datetime64("1970-01-01") + np.arange(400),
    "months from 1900": lambda rng: np.arange(-840, -440).astype("datetime64[M]").astype("datetime64[D]"),
    "years": lambda rng: (rng.integers(-70, 30, 400).astype("datetime64[Y]")).astype("datetime64[D]"),
    "years known, some with a day": lambda rng: np.append(
        rng.integers(-70, 30, 400).astype("datetime64[Y]").astype("datetime64[D]"), days(rng, "1900-01-01")
    ),
    "a birthday of many": lambda rng: np.append(days(rng), np.repeat(np.datetime64("1985-06-01"), 40)),
    "one day": lambda rng: np.repeat(np.datetime64("1970-01-01"), 40),
    "two days": lambda rng: np.repeat(np.array(["1970-01-01", "2020-01-01"], dtype="datetime64[D]"), 40),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", HEALTHY_DAYS)
def test_healthy_dates_hold_no_code(name, seed):
    dates = HEALTHY_DAYS[name](np.random.default_rng(seed))
    assert codes_of(FORMS["numpy"](dates), Notation()) == [] == codes_of(FORMS["texts"](dates), Notation())


def found_beside(frame, **roles):
    data = AuditData.from_table(frame, decisions="d", **roles)
    result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
    noted = [note for note in result.notes if note.startswith("Values that stand apart")]
    return one(result, "sentinel_features").value, " ".join(noted)


@pytest.mark.usefixtures("few_trees")
def test_codes_in_groups_and_labels_are_found_and_healthy_ones_are_not(tmp_path):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=400), "y": np.resize([0, 1], 400), "d": np.resize([0, 1], 400)})
    frame["age"], frame["code"] = ages(rng), np.resize([1, 2, 3], 400)
    frame["since"] = [f"20{at % 20:02d}-01-01" for at in range(400)]
    roles = {"label": "y", "groups": {"age": {"bins": [25, 65]}, "code": None, "since": None},
             "drop": ["age", "code", "since"]}  # fmt: skip
    assert found_beside(frame, **roles) == (0, "")
    coded = frame.copy()
    coded.loc[:9, "age"], coded.loc[10:19, "code"], coded.loc[20:29, "since"] = -999, -999, "1900-01-01"
    coded.to_csv(tmp_path / "t.csv", index=False)
    for source in (coded, tmp_path / "t.csv"):
        count, note = found_beside(source, **roles)
        assert count == 3 and all(text in note for text in ("age (-999)", "code (-999)", "since (1900-01-01)"))
    kept = {**roles, "drop": []}
    assert found_beside(coded, **kept)[0] == 3  # once, also where they are features too
    coded["y"] = rng.normal(size=400).round(2)
    coded["d"] = coded["y"]
    healthy = {"label": "y", "task": "regression", "drop": ["age", "code", "since"]}
    assert found_beside(coded, **healthy) == (0, "")
    coded.loc[:4, "y"] = -999
    count, note = found_beside(coded, **healthy)
    assert count == 1 and "y (-999)" in note


@given(some.lists(some.floats(allow_nan=True, allow_infinity=False, width=32), max_size=60))
def test_whatever_is_found_is_at_an_end(numbers):
    column = np.array(numbers, dtype=float)
    for sentinel in sentinels(column):
        assert sentinel.rows == (column == sentinel.value).sum() >= 1


@pytest.mark.usefixtures("few_trees")
def test_the_check_names_them():
    rng = np.random.default_rng(2)
    sex = np.resize(["Male", "male", "female", "nan", "(missing)"], 400)
    column = ages(rng)
    column[:30] = -999
    labels = rng.integers(0, 2, 400)
    inputs = pd.DataFrame({"age": column, "income": rng.normal(0, 1, 400)})
    result = run(Integrity(), *recorded(labels, labels, {"sex": sex}, inputs=inputs))
    counts = {name: one(result, name, across=("sex",)).value for name in ("alike_groups", "missing_like_groups")}
    assert counts == {"alike_groups": 2, "missing_like_groups": 1}
    assert one(result, "sentinel_features").value == 1 and one(result, "sentinel_features").exact
    text = " ".join(result.notes)
    for words in ("'Male', 'male'", "called 'nan'", "age (-999)", "[data] missing", "[data.groups.sex] values"):
        assert words in text
    healthy = run(
        Integrity(), *recorded(labels, labels, {"sex": np.resize(["a", "b"], 400)}, inputs=inputs[["income"]])
    )
    assert not any(one(healthy, name, across=("sex",)).value for name in counts)
    assert one(healthy, "sentinel_features").value == 0 and "[data] missing" not in " ".join(healthy.notes)


def test_real_people(shared_data):
    names = [f"x{at}" for at in range(15)]
    frame = pd.read_csv(shared_data / "adult" / "adult.data.gz", names=names, skipinitialspace=True)
    numbers = frame.select_dtypes("number")
    codes = {name: [sentinel.value for sentinel in sentinels(numbers[name].to_numpy(float))] for name in numbers}
    assert {name for name, values in codes.items() if values} == {"x10"} and codes["x10"] == [99999]  # a top code
