"""Ratings of users with few and with many, a factorised recommender, and each user's NDCG in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd

from auditkit.case_scores import ndcg, recall_at

HERE = pathlib.Path(__file__).resolve().parent
USERS, ITEMS, KEPT_BACK, FIRST = 400, 120, 8, 10


def ratings() -> tuple[np.ndarray, list[list[int]], np.ndarray]:
    """(U, I) what users liked, the items that they like and that were kept back, and (U,) newcomer or regular."""
    rng = np.random.default_rng(0)
    kind = np.where(rng.random(USERS) < 0.3, "newcomer", "regular")
    taste, style = rng.normal(size=(USERS, 5)), rng.normal(size=(ITEMS, 5))
    # a user likes what is near to that user's taste; the rest is chance
    order = np.argsort(-(taste @ style.T + rng.gumbel(size=(USERS, ITEMS))), axis=1)
    known = np.zeros((USERS, ITEMS))
    for user in range(USERS):
        number = 4 if kind[user] == "newcomer" else 20
        known[user, order[user, KEPT_BACK : KEPT_BACK + number]] = 1
    return known, order[:, :KEPT_BACK].tolist(), kind


def ranked(known: np.ndarray) -> list[list[int]]:
    """For each user the items that are not known yet, the likeliest first: a factorisation of rank five."""
    left, sizes, right = np.linalg.svd(known, full_matrices=False)
    likeliness = np.where(known > 0, -np.inf, (left[:, :5] * sizes[:5]) @ right[:5])
    return [
        row[: ITEMS - int(seen)].tolist() for row, seen in zip(np.argsort(-likeliness), known.sum(axis=1), strict=True)
    ]


if __name__ == "__main__":
    known, liked, kind = ratings()
    items = ranked(known)
    cases = pd.DataFrame({"kind": kind, "ndcg": ndcg(items, liked, FIRST), "recall": recall_at(items, liked, FIRST)})
    (HERE / "work").mkdir(exist_ok=True)
    cases.to_csv(HERE / "work" / "cases.csv", index=False)
