"""A leak and a proxy are found however their numbers are written; what is not understood is never "no leak"."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.judge import judge_measurement
from auditkit.plugins.data.check import Integrity
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.results import Limit
from tests.plugins.recorded import one, run

ROWS = 400
START = datetime.datetime(2020, 1, 1)
NONE = Limit(name="no leak", measurement="data.integrity.leaking_features", at_most=0, because="test")


def amounts(labels, rng):
    """Whole numbers of cents that give the label away: large for 1, small for 0."""
    return np.where(labels == 1, rng.integers(200_000, 999_999, ROWS), rng.integers(1_000, 199_000, ROWS))


def comma(text):
    return text.translate(str.maketrans({",": ".", ".": ","}))


SPELLINGS = {
    "numbers": lambda cents: cents / 100,
    "decimal comma": lambda cents: f"{cents / 100:.2f}".replace(".", ","),
    "thousands": lambda cents: f"{cents / 100:,.2f}",
    "points between thousands": lambda cents: comma(f"{cents / 100:,.2f}"),
    "narrow blanks": lambda cents: f"{cents / 100:,.2f}".replace(",", "\u202f"),
    "Swiss": lambda cents: f"{cents / 100:,.2f}".replace(",", "\u2019"),
    "percent": lambda cents: f"{cents / 10_000:.2f}%",
    "dollars": lambda cents: f"${cents / 100:,.2f}",
    "euros": lambda cents: comma(f"{cents / 100:,.2f}") + " \u20ac",
    "brackets": lambda cents: f"({1e5 - cents / 100:,.2f})",
    "trailing minus": lambda cents: f"{1e5 - cents / 100:.2f}-",
    "scientific": lambda cents: f"{cents / 100:.6E}",
    "units": lambda cents: f"{cents / 100:.2f} kg",
    "full width": lambda cents: "".join(chr(ord(digit) + 0xFEE0) for digit in str(cents)),
    "leading zeros": lambda cents: f"{cents:09d}",
    "censored": lambda cents: f"{cents / 100:.2f}" if cents < 900_000 else ">9000.00",
    "ISO dates": lambda cents: (START + datetime.timedelta(hours=int(cents) // 20)).date().isoformat(),
    "moments in a zone": lambda cents: (START + datetime.timedelta(minutes=int(cents))).isoformat() + "+01:00",
    "German dates": lambda cents: (START + datetime.timedelta(hours=int(cents) // 20)).strftime("%d.%m.%Y"),
    "American dates": lambda cents: (START + datetime.timedelta(hours=int(cents) // 20)).strftime("%m/%d/%Y"),
    "months by name": lambda cents: (START + datetime.timedelta(hours=int(cents) // 20)).strftime("%d-%b-%Y"),
    "clock": lambda cents: f"{cents // 14_400:02d}:{cents // 240 % 60:02d}:{cents // 4 % 60:02d}",
    "decimal.Decimal": lambda cents: decimal.Decimal(int(cents)) / 100,
    "date": lambda cents: (START + datetime.timedelta(hours=int(cents) // 20)).date(),
    "timedelta": lambda cents: datetime.timedelta(minutes=int(cents)),
    "bytes": lambda cents: f"{cents / 100:.2f}".encode(),
    "period": lambda cents: pd.Period(START + datetime.timedelta(hours=int(cents)), freq="h"),
    "interval": lambda cents: pd.Interval(int(cents), int(cents) + 1),
    "int beyond a float": lambda cents: int(cents) * 10**13,
}  # fmt: skip


def people(spell, seed=0, *, proxy=False, **settings):
    """People, with one column that gives the label, or the group, away."""
    rng = np.random.default_rng(seed)
    labels, sex = rng.integers(0, 2, ROWS), rng.integers(0, 2, ROWS)
    cents = amounts(sex if proxy else labels, rng)
    frame = pd.DataFrame({
        "age": rng.integers(18, 90, ROWS), "paid": [spell(cent) for cent in cents], "y": labels, "sex": sex,
        "d": labels,
    })  # fmt: skip
    data = AuditData.from_table(frame, label="y", positive=1, groups=["sex"], drop=["sex"], decisions="d", **settings)
    return RecordedModel.of(data, threshold=None), data


def verdict(result, name="leaking_features", at_most=0.0, **more):
    limit = NONE.model_copy(update={"measurement": f"data.integrity.{name}", "at_most": at_most})
    return judge_measurement(limit, one(result, name, **more))


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_leak_is_found_however_it_is_written(name):
    result = run(Integrity(), *people(SPELLINGS[name]))
    assert one(result, "leaking_features").value == 1 and one(result, "leaking_features").bound is None
    assert one(result, "strongest_feature_auc").value > 0.999
    assert verdict(result)[0] == "missed"


@pytest.mark.usefixtures("search_is_trusted")
@pytest.mark.parametrize("name", ["decimal comma", "thousands", "percent", "German dates", "decimal.Decimal", "period"])
def test_a_proxy_is_as_strong_however_it_is_written(name):
    plain, result = (run(Integrity(), *people(SPELLINGS[spelling], proxy=True)) for spelling in ("numbers", name))
    strongest = one(result, "strongest_proxy_auc", across=("sex",))
    assert strongest.value == pytest.approx(one(plain, "strongest_proxy_auc", across=("sex",)).value, abs=0.002)
    assert one(result, "proxy_auc", across=("sex",)).value > 0.99 and strongest.bound is None
    assert one(result, "leaking_features").value == 0 and verdict(result)[0] == "met"


@pytest.mark.parametrize("marker", ["n/a", "?", "unknown", None])
def test_a_marker_among_the_numbers_hides_no_leak(marker):
    _, data = people(SPELLINGS["decimal comma"])
    frame = data.inputs.assign(y=data.labels, d=data.labels)
    frame.loc[[3, 50], "paid"] = marker
    data = AuditData.from_table(frame, label="y", decisions="d")
    assert one(run(Integrity(), RecordedModel.of(data, threshold=None), data), "leaking_features").value == 1


def test_the_model_is_given_the_column_as_it_stands():
    _, data = people(SPELLINGS["decimal comma"], decimal=",")
    assert all(isinstance(value, str) and "," in value for value in data.inputs["paid"])
    assert data.schema[1].kind == "category"


DOUBTFUL = {
    "thousands or decimals": (lambda cents: f"{cents // 100:,}", {"decimal": "."}, {"decimal": ","}, "decimal ="),
    "day or month first": (
        lambda cents: (
            f"{1 + cents // 1000 % 12:02d}/{1 + cents // 83_334:02d}/{2024 + (cents % 2)}"
        ), {"dates": "month first"}, {"dates": "day first"}, "dates =",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", DOUBTFUL)
def test_where_two_readings_fit_the_count_of_leaks_is_undecided(name):
    spell, right, wrong, setting = DOUBTFUL[name]
    result = run(Integrity(), *people(spell))
    count = one(result, "leaking_features")
    assert count.value == 0 and count.bound == "at least"
    assert count.left_out[0].slice == {"column": "paid"} and setting in count.left_out[0].reason
    assert "first or" in count.left_out[0].reason or "decimals or" in count.left_out[0].reason
    status, reason = verdict(result)
    assert status == "inconclusive" and "paid" in reason and setting in reason
    for key in ("strongest_proxy_auc", "proxy_auc"):
        assert one(result, key, across=("sex",)).bound == "at least"
        assert verdict(result, key, 0.9, across=("sex",))[0] == "inconclusive"
    assert any("paid" in note and setting in note for note in result.notes)
    for notation in (right, wrong):
        assert one(run(Integrity(), *people(spell, **notation)), "leaking_features").bound is None
    if setting == "decimal =":
        assert one(run(Integrity(), *people(spell, **right)), "leaking_features").value == 1


def test_numbers_of_a_text_file_whose_points_may_part_thousands(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, ROWS)
    paid = np.where(labels == 1, rng.integers(1000, 150_000, ROWS), rng.integers(1, 150, ROWS))
    texts = [f"{amount:,}".replace(",", ".") for amount in paid]
    frame = pd.DataFrame({"age": rng.integers(18, 90, ROWS), "paid": texts, "y": labels, "d": labels})
    frame.to_csv(tmp_path / "people.csv", sep=";", index=False)

    def audited(**options):
        data = AuditData.from_table(tmp_path / "people.csv", label="y", decisions="d", **options)
        return data, run(Integrity(), RecordedModel.of(data, threshold=None), data)

    data, result = audited()
    assert data.schema[1].kind == "number"  # as every other reader of the file has it
    assert verdict(result)[0] == "inconclusive" and "decimal" in verdict(result)[1]
    for notation in ({"decimal": ","}, {"thousands": "."}):
        assert one(audited(**notation)[1], "leaking_features").value == 1
    assert one(audited(decimal=".")[1], "leaking_features").value == 0
    frame["paid"] = rng.integers(100, 999_000, ROWS) / 1000
    frame.to_csv(tmp_path / "people.csv", sep=";", index=False)
    assert verdict(audited()[1])[0] == "met"  # numbers with up to three decimals raise no doubt


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("kind", [int, str])
@pytest.mark.parametrize(
    ("form", "setting"),
    [
        ("%d%m%Y", "day first"), ("%m%d%Y", "month first"), ("%d%m%y", "day first"), ("%m%d%y", "month first"),
        ("%m%Y", "%m%Y"),
    ],
)  # fmt: skip
def test_digits_that_are_dates_with_the_year_last(form, setting, kind):
    def spell(cents):
        return kind((START + datetime.timedelta(hours=int(cents) // 20)).strftime(form))

    undecided = run(Integrity(), *people(spell))
    if form == "%m%Y" and kind is str:  # fifty-seven different texts need no order
        assert verdict(undecided)[0] == "missed"
    else:
        assert verdict(undecided)[0] == "inconclusive" and f'dates = "{setting}"' in verdict(undecided)[1]
    for dates in (setting, form):
        assert one(run(Integrity(), *people(spell, dates=dates)), "leaking_features").value == 1
    number = run(Integrity(), *people(lambda cents: int(spell(cents)), schema={"paid": {"kind": "integer"}}))
    assert one(number, "leaking_features").bound is None


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("factor", [1, 29])
def test_whole_numbers_that_are_no_dates_raise_no_doubt(factor):
    for first in (10_100, 1_100_000):
        healthy = run(Integrity(), *people(lambda cents, first=first: int(cents) * factor + first))
        assert one(healthy, "leaking_features").bound is None


@pytest.mark.usefixtures("few_trees")
def test_digits_with_the_year_first_are_in_the_order_of_numbers():
    late = START.replace(year=2040)  # 400103 is no date with the day first
    for form, start, dates in [("%Y%m%d", START, None), ("%y%m%d", late, None), ("%y%m%d", START, "year first")]:
        for kind in (int, str):
            day = lambda c, start=start: start + datetime.timedelta(hours=int(c) // 20)  # noqa: E731
            result = run(Integrity(), *people(lambda c, k=kind, f=form, d=day: k(d(c).strftime(f)), dates=dates))
            assert one(result, "leaking_features").value == 1 and one(result, "leaking_features").bound is None


def ordered(texts):
    return pd.Series(pd.Categorical(texts, ordered=True))


def test_ordered_categories_whose_numbers_stand_in_no_order_are_undecided():
    _, data = people(lambda cents: f"{cents / 100:.2f}")
    rest = {"label": "y", "decisions": "d", "groups": {"sex": np.resize([0, 1], ROWS)}}
    for texts, expected in [
        (data.inputs["paid"], "inconclusive"),
        (data.inputs["paid"].str.zfill(9), "missed"),
    ]:
        frame = data.inputs.assign(paid=ordered(texts), y=data.labels, d=data.labels)
        other = AuditData.from_table(frame, **rest)
        result = run(Integrity(), RecordedModel.of(other, threshold=None), other)
        assert verdict(result)[0] == expected
        assert expected == "missed" or "categories in their order or numbers" in verdict(result)[1]


@pytest.mark.parametrize("single", [0.0, 0.4, 0.49])
def test_where_fewer_than_half_of_the_categories_are_single_a_leak_is_found(single):
    rng = np.random.default_rng(5)
    alone = int(single * 600)
    town = np.append(np.arange(alone), alone + np.arange(600 - alone) // 2)
    letters = np.array([f"{chr(97 + at % 26)}{chr(97 + at // 26)}ton" for at in range(600)])
    guilty = rng.integers(0, 2, 600)[town]
    frame = pd.DataFrame({"town": letters[town], "age": rng.integers(18, 90, 600), "y": guilty, "d": guilty})
    data = AuditData.from_table(frame, label="y", decisions="d")
    assert verdict(run(Integrity(), RecordedModel.of(data, threshold=None), data))[0] == "missed"


def test_all_features_together_tell_a_group_no_less_than_the_best_of_them():
    rng = np.random.default_rng(0)
    place = np.repeat(np.arange(ROWS // 4), 4)
    frame = pd.DataFrame({"age": rng.integers(18, 90, ROWS), "paid": [f"{value + 1000:,}" for value in place]})
    sex = (place > ROWS / 8).astype(int)
    data = AuditData.from_table(frame.assign(y=sex, d=sex, sex=sex), label="y", groups=["sex"], drop=["sex"],
                                decisions="d")  # fmt: skip
    result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
    strongest, every = (one(result, name, across=("sex",)) for name in ("strongest_proxy_auc", "proxy_auc"))
    assert every.value >= strongest.value > 0.95 and every.bound == "at least"
    assert verdict(result, "proxy_auc", 0.8, across=("sex",))[0] == "missed"


def hashed(cents):
    letters = "bcdfghjklmnpqrstvwxz"
    return "".join(letters[(int(cents) // 20**power) % 20] for power in (2, 0, 4, 1, 3))


@pytest.mark.usefixtures("few_trees")
def test_a_column_of_single_values_that_is_not_understood_is_undecided_unless_it_is_declared():
    result = run(Integrity(), *people(hashed))
    assert verdict(result)[0] == "inconclusive"
    assert "about one value for each row" in verdict(result)[1]
    for kind in ("text", "category"):
        declared = run(Integrity(), *people(hashed, schema={"paid": {"kind": kind}}))
        assert verdict(declared)[0] == "met" and one(declared, "leaking_features").bound is None
        assert any("Not searched" in note and "paid" in note for note in declared.notes)
    for role in ("id", "drop"):
        left = {"id": "paid"} if role == "id" else {"drop": ["sex", "paid"]}
        rng = np.random.default_rng(0)
        _, data = people(hashed)
        frame = data.inputs.assign(y=data.labels, sex=rng.integers(0, 2, ROWS), d=data.labels)
        other = AuditData.from_table(frame, label="y", groups=["sex"], decisions="d", **{"drop": ["sex"], **left})
        result = run(Integrity(), RecordedModel.of(other, threshold=None), other)
        assert verdict(result)[0] == "met"


@pytest.mark.usefixtures("few_trees")
def test_numbers_among_other_texts_are_undecided_where_many_occur_once():
    def mixed(cents):
        return int(cents) if cents % 5 < 2 else f"note {cents % 7}b, see {cents % 3}"

    for spell in (mixed, lambda cents: str(mixed(cents))):
        result = run(Integrity(), *people(spell))
        assert verdict(result)[0] == "inconclusive" and "numbers that occur once" in verdict(result)[1]
        assert one(result, "strongest_feature_auc").bound == "at least"
        assert (
            one(run(Integrity(), *people(spell, schema={"paid": {"kind": "category"}})), "leaking_features").bound
            is None
        )
    for healthy in (lambda cents: f"{cents % 90}" if cents % 2 else "A1", lambda cents: f"A{cents % 90}"):
        assert one(run(Integrity(), *people(healthy)), "leaking_features").bound is None


def test_a_leak_elsewhere_is_missed_whatever_is_not_understood():
    _, data = people(hashed)
    frame = data.inputs.assign(y=data.labels, code=data.labels * 2, d=data.labels)
    other = AuditData.from_table(frame, label="y", decisions="d")
    result = run(Integrity(), RecordedModel.of(other, threshold=None), other)
    assert one(result, "leaking_features").value == 1 and one(result, "leaking_features").bound == "at least"
    assert verdict(result)[0] == "missed"
    assert verdict(result, at_most=1.0)[0] == "inconclusive"


@pytest.mark.usefixtures("search_is_trusted")
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rows_of_a_value", [1, 2, 3, 10])
def test_healthy_categories_of_many_values_raise_no_alarm(seed, rows_of_a_value):
    rng = np.random.default_rng(seed)
    labels, sex = rng.integers(0, 2, 600), rng.integers(0, 2, 600)
    towns = np.array([f"{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}ton" for at in range(600 // rows_of_a_value)])
    frame = pd.DataFrame({"town": rng.choice(towns, 600), "age": rng.integers(18, 90, 600), "y": labels, "sex": sex})
    frame["d"] = labels
    schema = {"town": {"kind": "category"}}
    data = AuditData.from_table(frame, label="y", groups=["sex"], drop=["sex"], decisions="d", schema=schema)
    result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
    assert one(result, "leaking_features").value == 0
    for name in ("strongest_proxy_auc", "proxy_auc"):
        assert one(result, name, across=("sex",)).interval.low < 0.6
    assert one(result, "strongest_feature_auc").interval.low < 0.6


@pytest.mark.usefixtures("search_is_trusted")
@pytest.mark.parametrize("towns", [60, 150, 300])
def test_a_category_of_many_values_that_gives_the_label_away_is_found_by_both_searches(towns):
    rng = np.random.default_rng(3)
    town = rng.integers(0, towns, 1000)
    names = np.array([f"{chr(97 + at % 26)}{chr(97 + at // 26)}ton" for at in range(towns)])
    guilty = rng.integers(0, 2, towns)[town]
    frame = pd.DataFrame({"town": names[town], "age": rng.integers(18, 90, 1000), "y": guilty, "sex": guilty})
    frame["d"] = guilty
    data = AuditData.from_table(frame, label="y", groups=["sex"], drop=["sex"], decisions="d")
    result = run(Integrity(), RecordedModel.of(data, threshold=None), data)
    assert one(result, "leaking_features").value == 1
    assert one(result, "strongest_proxy_auc", across=("sex",)).value > 0.99
    assert one(result, "proxy_auc", across=("sex",)).value > 0.98
