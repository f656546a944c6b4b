"""A synthetic table of credit applications with planted facts. No row is about a person."""

from dataclasses import dataclass

import numpy as np
import pandas

ROWS = 2000
"""Applications in each of the two splits."""


@dataclass(frozen=True)
class Applications:
    """The two splits and what was planted in them."""

    train: pandas.DataFrame
    test: pandas.DataFrame
    gap: float = 0.30
    """Approval rate of men less that of women, built into the recorded approvals."""
    proxy: str = "club"
    """A feature that tells the sex though the sex is not an input."""
    copies: int = 80
    """Rows of the test split that are exact copies of training rows, label included."""
    outliers: int = 60
    """Training rows far from all others, with an approval drawn by lot: they can only be memorised."""


def make_applications(seed: int = 0) -> Applications:
    """The same table for the same seed."""
    rng = np.random.default_rng(seed)
    splits = Applications(_applications(rng, ROWS), _applications(rng, ROWS))
    outlying = rng.choice(ROWS, splits.outliers, replace=False)
    splits.train.loc[outlying, ["income", "debt_ratio", "years_employed"]] = np.column_stack(
        [
            rng.uniform(150_000, 400_000, splits.outliers),
            rng.uniform(2, 5, splits.outliers),
            rng.integers(40, 60, splits.outliers),
        ]
    )
    splits.train.loc[outlying, "approved"] = np.where(rng.random(splits.outliers) < 0.5, "yes", "no")
    ordinary = np.setdiff1d(np.arange(ROWS), outlying)
    source, target = rng.choice(ordinary, splits.copies, replace=False), rng.choice(ROWS, splits.copies, replace=False)
    splits.test.iloc[target] = splits.train.iloc[source]
    return splits


def _applications(rng: np.random.Generator, rows: int) -> pandas.DataFrame:
    male = rng.random(rows) < 0.55
    age = rng.integers(20, 75, rows)
    years = np.minimum(rng.poisson(6, rows), age - 18)
    income = np.round(np.exp(rng.normal(10.4, 0.45, rows)), -2)
    debt = np.round(rng.beta(2, 4, rows), 3)
    history = rng.choice(["none", "short", "long"], rows, p=[0.2, 0.45, 0.35])
    merit = 1.2 * (np.log(income) - 10.4) / 0.45 - 1.1 * (debt - 0.33) / 0.18 + 0.05 * (years - 6)
    merit = merit + np.select([history == "long", history == "short"], [0.7, 0.1], -0.6) + rng.normal(0, 0.7, rows)
    approved = _approve(merit, male)
    club = np.where(rng.random(rows) < 0.9, male, ~male)
    frame = pandas.DataFrame(
        {
            "age": age,
            "income": income,
            "debt_ratio": debt,
            "years_employed": years,
            "history": history,
            "housing": rng.choice(["rent", "own", "family"], rows, p=[0.5, 0.35, 0.15]),
            "club": np.where(club, "sports", rng.choice(["reading", "garden"], rows)),
            "savings": np.where(rng.random(rows) < 0.06, np.nan, np.round(np.exp(rng.normal(8, 1.1, rows)), -1)),
            "sex": np.where(male, "male", "female"),
            "region": rng.choice(["north", "south", "east", "abroad"], rows, p=[0.4, 0.35, 0.247, 0.003]),
            "approved": np.where(approved, "yes", "no"),
        }
    )
    return frame.astype({"age": "int64", "years_employed": "int64", "income": "float64"})


def _approve(merit: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Approve the best 65 % of the men and the best 35 % of the women: equal merit, a gap of 0.30."""
    approved = np.empty(len(merit), dtype=bool)
    for group, share in ((male, 0.65), (~male, 0.35)):
        approved[group] = merit[group] > np.quantile(merit[group], 1 - share)
    return approved
