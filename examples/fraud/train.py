"""Fit boosted trees to made-up payments of which one in a hundred is fraud; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier

INPUTS = ["amount", "hour", "new_device", "minutes_since_last"]


def payments(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Payments, whether they were fraud, and how they were made, which the model is not given."""
    fraud = rng.random(count) < 0.01
    channel = rng.choice(["app", "card"], count, p=[0.7, 0.3])
    # frauds by card look more like other payments, so that they are harder to find
    plain = fraud & (channel == "app")
    amount = np.exp(rng.normal(3.5, 0.9, count) + 1.2 * plain).round(2)
    hour = np.clip(rng.normal(14 - 8 * plain - 2 * fraud, 4, count), 0, 23).round().astype(int)
    device = rng.random(count) < np.where(plain, 0.8, 0.06)
    minutes = rng.exponential(np.where(fraud, 60, 600)).round(1)
    table = pd.DataFrame({"amount": amount, "hour": hour, "new_device": device.astype(int)})
    return table.assign(minutes_since_last=minutes, channel=channel, fraud=fraud.astype(int))


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    past, now = payments(20_000, rng), payments(20_000, rng)
    model = HistGradientBoostingClassifier(max_iter=40, max_depth=3, random_state=0)
    skops.io.dump(model.fit(past[INPUTS], past["fraud"]), work / "model.skops")
    now.to_parquet(work / "payments.parquet", index=False)


if __name__ == "__main__":
    main(pathlib.Path(__file__).resolve().parent / "work")
