"""Fit an IsolationForest to made-up payments of which nobody knows which were fraud; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import skops.io
from sklearn.ensemble import IsolationForest

INPUTS = ["amount", "hour", "abroad", "payments_this_week"]


def payments(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Payments with the customer's country of birth, which the detector is not given: who was born abroad sends money
    abroad more often, at no greater risk."""
    born = np.where(rng.random(count) < 0.2, "abroad", "here")
    abroad = rng.random(count) < np.where(born == "abroad", 0.35, 0.04)
    amount = np.round(np.exp(rng.normal(3.5 + 1.0 * abroad, 0.8)), 2)
    hour = np.clip(rng.normal(14, 4, count), 0, 23).round()
    week = rng.poisson(5, count)
    table = pd.DataFrame({"amount": amount, "hour": hour.astype(int), "abroad": abroad.astype(int)})
    return table.assign(payments_this_week=week, born=born)


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)
    past, now = payments(4000, rng), payments(3000, rng)
    detector = IsolationForest(n_estimators=50, contamination=0.05, random_state=0).fit(past[INPUTS])
    skops.io.dump(detector, work / "detector.skops")
    now.to_csv(work / "payments.csv", index=False)


if __name__ == "__main__":
    main(pathlib.Path(__file__).resolve().parent / "work")
