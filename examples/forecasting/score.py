"""Series of shops in two regions, two forecasts of their next week, and the error of each series in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd

from auditkit.case_scores import mean_absolute_error, mean_absolute_scaled_error

HERE = pathlib.Path(__file__).resolve().parent
SERIES, DAYS, WEEK = 250, 70, 7


def series() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, 70) the days before, (N, 7) the week to forecast, and (N,) the region; in the south the pattern moves."""
    rng = np.random.default_rng(0)
    region = np.where(rng.random(SERIES) < 0.4, "south", "north")
    days = np.arange(DAYS + WEEK)
    level, swing = rng.uniform(80, 120, (SERIES, 1)), rng.uniform(10, 30, (SERIES, 1))
    trend = np.where(region == "south", 0.6, 0.0)[:, None]
    sold = level + trend * days + swing * np.sin(2 * np.pi * days / WEEK) + rng.normal(0, 5, (SERIES, DAYS + WEEK))
    return sold[:, :DAYS], sold[:, DAYS:], region


def forecasts(history: np.ndarray) -> dict[str, np.ndarray]:
    """{system: (N, 7)}: the last week again, and the mean of all weeks."""
    return {"last": history[:, -WEEK:], "mean": history.reshape(len(history), -1, WEEK).mean(axis=1)}


if __name__ == "__main__":
    history, truth, region = series()
    scores = {}
    for name, made in forecasts(history).items():
        scores[f"mase_{name}"] = mean_absolute_scaled_error(made, truth, history, season=WEEK)
        scores[f"last_day_{name}"] = mean_absolute_error(made[:, -1:], truth[:, -1:])
    (HERE / "work").mkdir(exist_ok=True)
    pd.DataFrame({"region": region, **scores}).to_csv(HERE / "work" / "cases.csv", index=False)
