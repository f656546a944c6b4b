"""Customers who leave or are still there, a proportional hazards model of statsmodels, and its answers beside them.

Writes work/customers.csv. Half of the customers were still there when they were last seen.
"""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg

HERE = pathlib.Path(__file__).resolve().parent
PEOPLE, HORIZONS = 4000, (12.0, 24.0)
FEATURES = ["price", "complaints", "age"]


def customers() -> pd.DataFrame:
    """Months until a customer left or was last seen, and which of the two it was."""
    rng = np.random.default_rng(0)
    tariff = np.where(rng.random(PEOPLE) < 0.2, "prepaid", "contract")
    prepaid = tariff == "prepaid"
    table = pd.DataFrame(
        {
            "tariff": tariff, "price": rng.normal(30, 8, PEOPLE).round(1), "complaints": rng.poisson(0.8, PEOPLE),
            "age": rng.integers(18, 80, PEOPLE),
        }
    )  # fmt: skip
    # complaints drive customers with a contract away; prepaid ones leave sooner, whatever they complain about
    drift = (
        0.03 * (table["price"] - 30) - 0.015 * (table["age"] - 45) + np.where(prepaid, 0.5, 0.6 * table["complaints"])
    )
    left, seen = rng.exponential(45 * np.exp(-drift)), rng.uniform(3, 36, PEOPLE)
    table["months"] = np.ceil(np.minimum(left, seen) * 10) / 10
    table["left"] = (left <= seen).astype(int)
    return table


if __name__ == "__main__":
    table = customers()
    fitted, audited = table.iloc[: PEOPLE // 2], table.iloc[PEOPLE // 2 :].copy()
    results = PHReg(fitted["months"], fitted[FEATURES], status=fitted["left"]).fit()
    exog = audited[FEATURES].to_numpy(dtype=float)
    audited["risk"] = results.predict(exog=exog, pred_type="hr").predicted_values.round(6)
    for horizon in HORIZONS:
        chances = results.predict(exog=exog, endog=np.full(len(exog), horizon), pred_type="surv").predicted_values
        audited[f"stays_{horizon:g}"] = chances.round(6)
    (HERE / "work").mkdir(exist_ok=True)
    audited.to_csv(HERE / "work" / "customers.csv", index=False)
