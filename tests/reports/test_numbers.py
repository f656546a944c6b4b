"""Numbers as the reports write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from auditkit.reports import bom, frontmatter, numbers
from auditkit.results import Interval, Measurement
from tests import fakes


@pytest.mark.parametrize(
    ("value", "percent", "text"),
    [
        (0.3721, True, "37.2%"),
        (1.0, True, "100.0%"),
        (0.0, True, "0.0%"),
        (0.0002, True, "<0.1%"),
        (0.9999, True, ">99.9%"),
        (-0.05, True, "−5.0%"),
        (-0.0002, True, ">−0.1%"),
        (0.36666, False, "0.367"),
        (0.1, False, "0.100"),
        (12.345, False, "12.3"),
        (99.96, False, "100"),
        (1234.5, False, "1,234"),
        (6012, False, "6,012"),
        (0, False, "0"),
        (-0.00001234, False, "−1.23e-05"),
        (2e18, False, "2.00e+18"),
    ],
)
def test_plain(value: float, percent: bool, text: str) -> None:
    assert numbers.plain(value, percent=percent) == text


@given(st.floats(-1e14, 1e14, allow_nan=False))
def test_three_digits_lose_less_than_half_a_percent(value: float) -> None:
    read = float(numbers.plain(value).replace("−", "-").replace(",", ""))
    assert abs(read - value) <= abs(value) * 0.00501 + 1e-300


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.5, "share", "50.0%"),
        (37.0, "rows", "37 rows"),
        (1.0, "slices", "1 slice"),
        (-1.0, "label units", "−1 label unit"),
        (1.0, "dB", "1 dB"),
        (2.5, "nats", "2.50 nats"),
        (None, "rows", "–"),
        (0.5, "", "0.500"),
    ],
)
def test_units(value: float | None, unit: str, text: str) -> None:
    assert numbers.with_unit(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (0.331, 0.405, "share", "33.1% to 40.5%"),
        (0.2, None, "", "at least 0.200"),
        (None, 3.0, "", "at most 3.00"),
        (None, None, "", "unbounded"),
    ],
)
def test_intervals(low: float | None, high: float | None, unit: str, text: str) -> None:
    assert numbers.interval(Interval(low=low, high=high, method="m"), unit) == text


def test_what_is_known_of_the_precision() -> None:
    assert numbers.uncertainty(Measurement(name="a", value=3, exact=True)) == "exact"
    assert numbers.uncertainty(Measurement(name="a", value=3)) == "no interval"
    assert numbers.uncertainty(Measurement(name="a", value=None, reason="hidden")) == ""


def test_bounds_have_the_digits_of_their_owner() -> None:
    assert numbers.bounds(0.8, None, "share") == "at least 80%"
    assert numbers.bounds(None, 0.055, "share") == "at most 5.5%"
    assert numbers.bounds(0.8, 1.25) == "0.8 to 1.25"
    assert numbers.bounds(1, 1) == "exactly 1" and numbers.bounds(0.5, 0.5, "share") == "exactly 50%"
    assert numbers.bounds(None, None) == ""


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (1.0, "p = 1.000")]
)
def test_p_values(p: float, text: str) -> None:
    assert numbers.p_value(p) == text


def test_cells_of_tables() -> None:
    texts = [numbers.scalar(cell) for cell in (None, True, False, 1234, -5, 0.25, "text")]
    assert texts == ["–", "yes", "no", "1,234", "−5", "0.250", "text"]
    assert numbers.count(None) == "–"


@pytest.mark.parametrize(
    ("bound", "ends"), [(None, (0.1, 0.4)), ("at least", (0.1, None)), ("at most", (None, 0.4))], ids=str
)
def test_of_a_bound_one_end_holds_in_the_card_and_in_the_bill_of_materials(bound: Any, ends: Any) -> None:
    gap = Measurement(name="gap", value=0.2, interval=Interval(low=0.1, high=0.4, method="m"), bound=bound)
    assert gap.holding_ends == ends
    args = frontmatter._metric(fakes.audit().results[0], gap)["args"]
    assert (args["interval"]["low"], args["interval"]["high"]) == ends
    assert args.get("bound", "").startswith(bound or "") and ("bound" in args) == (bound is not None)
    audit = fakes.audit()
    audit = audit.model_copy(update={"results": (audit.results[0].model_copy(update={"measurements": (gap,)}),)})
    component = json.loads(bom.render(audit))["metadata"]["component"]
    (metric,) = component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    interval = metric["confidenceInterval"]
    assert (interval.get("lowerBound"), interval.get("upperBound")) == tuple(end and repr(end) for end in ends)
