"""The credit demo: a boosted pipeline and a network on synthetic applications, with planted faults to find.

The table of credit applications is synthetic, with planted facts: no row is about a person.
"""

from dataclasses import dataclass

import numpy as np
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.data import AuditData
from auditkit.demos import Built
from auditkit.demos.networks import fit, make_mlp, seeded
from auditkit.errors import present, require
from auditkit.host import wrap
from auditkit.results import Limit

NUMBERS = ["age", "income", "debt_ratio", "years_employed", "savings"]
CATEGORIES = ["history", "housing", "club"]


def build() -> Built:
    """Generate, train, wrap."""
    require("torch", "torch")
    made = make_applications()
    data = AuditData.from_table(
        made.test, label="approved", positive="yes", groups=["sex", "region"], drop=["sex", "region"],
        train=made.train, name="synthetic credit applications", outcome="benefit", selected_means="credit is approved",
    )  # fmt: skip
    train = present(data.train, "the demo gives it")
    trees = GradientBoostingClassifier(n_estimators=150, max_depth=4, random_state=0)
    preprocess = _preprocess().fit(train.inputs)
    encoded = preprocess.transform(train.inputs).astype(np.float32)
    network = seeded(make_mlp, encoded.shape[1])
    fit(network, encoded, np.asarray(train.labels == "yes", dtype=np.int64), epochs=15)
    return Built(
        title="Credit approval (synthetic demonstration)",
        models=[
            wrap(make_pipeline(_preprocess(), trees).fit(train.inputs, train.labels), name="boosted trees"),
            wrap(network, name="network", classes=("no", "yes"), preprocess=preprocess),
        ],
        data=data,
        limits=LIMITS,
        card=CARD,
        train=({"trainer": "dp-sgd", "name": "network, private", "model": "network", "target_epsilon": 3.0},),
    )


def _preprocess() -> Pipeline:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer(
        (numbers, NUMBERS), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), CATEGORIES)
    )


LIMITS = (
    Limit(
        name="accuracy", measurement="performance.quality.accuracy", everyone=True, at_least=0.7,
        because="below this the decisions are no better than the rule of thumb in use",
    ),
    Limit(
        name="selection-by-sex", measurement="fairness.groups.demographic_parity_ratio", across=("sex",), at_least=0.8,
        because="credit policy 3.2 (demonstration)",
    ),
    Limit(
        name="no-copied-rows", measurement="data.integrity.train_overlap_share", at_most=0.01,
        because="rows that were trained on say nothing about new applicants",
    ),
    Limit(
        name="membership", measurement="privacy.membership.auc", everyone=True, at_most=0.6,
        because="nobody should be able to tell who was in the training data",
    ),
)  # fmt: skip

CARD = {
    "intended_use": "Showing what an audit finds. The table is generated; no row is about a person.",
    "out_of_scope": "Any decision about anybody.",
}


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
    club = np.where(rng.random(rows) < 0.9, male, ~male)
    return pandas.DataFrame(
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
            "approved": np.where(_approve(merit, male), "yes", "no"),
        }
    ).astype({"age": "int64", "years_employed": "int64", "income": "float64"})


def _approve(merit: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Approve the best 65 % of the men and the best 35 % of the women: equal merit, a gap of 0.30."""
    approved = np.empty(len(merit), dtype=bool)
    for group, share in ((male, 0.65), (~male, 0.35)):
        approved[group] = merit[group] > np.quantile(merit[group], 1 - share)
    return approved
