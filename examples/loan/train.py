"""Applicants for loans, of whom some got one and were seen to pay it back or not; a model decides about all of them.

Writes work/applicants.csv. Nobody's origin was recorded: two columns say how likely it is, as BISG would make them from
surname and place. What was drawn is returned by `applicants`, so that a test can look at it; no bank has it.
"""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent
PEOPLE, PLACES, SURNAMES = 8000, 25, 60


def applicants() -> pd.DataFrame:
    """Everybody, with what nobody knows: the origin, and whether those who were refused would have paid back."""
    rng = np.random.default_rng(0)
    migrant = rng.random(PEOPLE) < 0.25
    # places and surnames that are more common in one group; the probabilities are made by Bayes' rule
    by_place, by_surname = (rng.dirichlet(np.full(kinds, 0.35), 2) for kinds in (PLACES, SURNAMES))
    place, surname = (
        np.where(migrant, rng.choice(kinds, PEOPLE, p=law[1]), rng.choice(kinds, PEOPLE, p=law[0]))
        for kinds, law in ((PLACES, by_place), (SURNAMES, by_surname))
    )
    odds = 0.25 / 0.75 * by_place[1, place] / by_place[0, place] * by_surname[1, surname] / by_surname[0, surname]
    income = rng.lognormal(10.4 - 0.15 * migrant, 0.4)
    debt = np.clip(rng.beta(2, 4, PEOPLE) + 0.04 * migrant, 0, 1)
    years = rng.gamma(2.0, 3.0, PEOPLE) * np.where(migrant, 0.6, 1)
    merit = 1.4 * np.log(income / 32000) - 3.5 * (debt - 0.35) + 0.12 * (years - 5) + 1.3
    return pd.DataFrame(
        {
            "income": income.round(-2), "debt": debt.round(3), "years": years.round(1), "migrant": migrant,
            "p_migrant": odds / (1 + odds), "would_pay": rng.random(PEOPLE) < 1 / (1 + np.exp(-merit)),
            # the bank's old rule, with some judgement of its clerks
            "got_loan": merit + rng.normal(0, 0.5, PEOPLE) > 0.5,
        }
    )  # fmt: skip


if __name__ == "__main__":
    people = applicants()
    features = ["income", "debt", "years"]
    seen = people["got_loan"]
    model = LogisticRegression(max_iter=1000).fit(people.loc[seen, features] / [30000, 1, 5], people["would_pay"][seen])
    chance = model.predict_proba(people[features] / [30000, 1, 5])[:, 1]
    table = people[features].assign(
        p_migrant=people["p_migrant"].round(4), p_native=1 - people["p_migrant"].round(4),
        paid_back=people["would_pay"].astype(int).where(seen).astype("Int64"), granted=(chance >= 0.7).astype(int),
    )  # fmt: skip
    (HERE / "work").mkdir(exist_ok=True)
    table.to_csv(HERE / "work" / "applicants.csv", index=False)
