"""Whole numbers that are dates in digits, and those that are none."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.data.orders import NO_DATES, Notation, days_of, order_of

DAYS = [datetime.datetime(1960, 1, 5, 10, 30) + datetime.timedelta(days=257 * at, minutes=at) for at in range(90)]
FORMS = ["%d%m%Y", "%m%d%Y", "%d%m%y", "%m%d%y", "%m%Y", "%j%Y", "%Y%d%m", "%d%m%Y%H%M", "%d%m%Y%H%M%S", "%y%m%d"]


def digits(form, days=DAYS):
    return np.array([float(day.strftime(form)) for day in days])


def days(numbers, **notation):
    return days_of(numbers, Notation(**notation), NO_DATES)


@pytest.mark.parametrize("form", FORMS)
def test_dates_whose_order_is_not_that_of_their_digits_are_in_doubt_until_it_is_said(form):
    read = days(digits(form))
    assert read.values is None and read.choices[0] == "numbers" and NO_DATES in read.doubt
    decided = days(digits(form), dates=form)
    known = [datetime.datetime.strptime(day.strftime(form), form) for day in DAYS]
    assert [(a < b) for a in decided.values for b in decided.values] == [(a < b) for a in known for b in known]
    assert days(digits(form), dates="none") is None


@pytest.mark.parametrize("form", FORMS[:8])
def test_texts_that_lost_their_zero_are_the_same(form):
    texts = pd.Series([f"{number:.0f}" for number in digits(form)])
    read = order_of(texts)
    assert read.values is None and len(read.choices) > 1
    assert order_of(texts, Notation(dates=form)).values is not None
    assert order_of(texts, Notation(dates="none")).values == pytest.approx(digits(form))


@pytest.mark.parametrize("missing", [0, -1, 99_999_999, np.nan])
def test_a_number_for_a_missing_date_hides_no_dates(missing):
    numbers = np.append(digits("%d%m%Y"), [missing, missing])
    assert days(numbers).values is None
    values = days(numbers, dates="day first").values
    assert np.isnan(values[-2:]).all() and (np.diff(values[:-2]) > 0).all()


@pytest.mark.parametrize("form", ["%Y%m%d", "%Y%j", "%Y%m", "%Y%m%d%H%M%S", "%H%M"])
def test_dates_in_the_order_of_their_digits_raise_no_doubt(form):
    assert days(digits(form)) is None
    first = [day.replace(day=1) for day in DAYS]
    assert days(digits(form, first)) is None


HEALTHY = {
    "zip codes": lambda rng: rng.integers(1_001, 99_951, 400),
    "German zip codes": lambda rng: rng.integers(10_115, 14_200, 400),
    "amounts": lambda rng: rng.lognormal(9, 1, 400).astype(int),
    "cents": lambda rng: rng.integers(100, 10_000_000, 400),
    "thousands": lambda rng: rng.integers(1, 400, 400) * 1_000,
    "row numbers": lambda rng: np.arange(400) + 1_000_000,
    "rooms": lambda rng: rng.integers(1, 10, 400) * 100 + rng.integers(1, 13, 400),
    "years": lambda rng: rng.integers(1900, 2025, 400),
    "clock": lambda rng: rng.integers(0, 24, 400) * 10_000 + rng.integers(0, 60, 400) * 100,
    "telephones": lambda rng: rng.integers(10**9, 10**10, 400),
    "seven digits": lambda rng: rng.integers(10**6, 10**7, 400),
    "eight digits": lambda rng: rng.integers(10**7, 10**8, 400),
    "twelve digits": lambda rng: rng.integers(10**11, 10**12, 400),
    "fourteen digits": lambda rng: rng.integers(10**13, 10**14, 400),
    "seconds since 1970": lambda rng: rng.integers(1_500_000_000, 1_700_000_000, 400),
    "few dates": lambda rng: np.resize([3_022_024, 4_022_024], 400),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_plain_whole_numbers_raise_no_doubt(name):
    numbers = HEALTHY[name](np.random.default_rng(0)).astype(float)
    assert days(numbers) is None and days(numbers, dates="day first") is None
    assert order_of(pd.Series([f"{number:.0f}" for number in numbers])).values is not None


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_columns_of_an_array_are_looked_at_too(kind):
    array = np.column_stack([digits("%d%m%Y"), np.arange(90), np.linspace(0, 1, 90)]).astype(kind)
    assert list(AuditData(array).orders) == ["x0"] and AuditData(array).orders["x0"].choices
    assert AuditData(array, notation=Notation(dates="day first")).orders["x0"].values is not None
    assert AuditData(array, notation=Notation(dates="none")).orders == {}
    assert AuditData(np.zeros((4, 1, 3, 3)), modality="image").orders == {}


def test_real_tables_raise_no_doubt(shared_data):
    for path in (
        "adult/adult.data.gz",
        "credit_default/credit-card-clients.csv.gz",
        "bank_marketing/bank-full_cleaned.csv.gz",
    ):
        data = AuditData.from_table(
            pd.read_csv(shared_data / path, skipinitialspace=True, nrows=5000).rename(columns=str)
        )
        assert not any(order.choices for order in data.orders.values()), path
