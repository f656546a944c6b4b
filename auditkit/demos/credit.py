"""The credit demo: a boosted pipeline and a network on synthetic applications, with planted faults to find."""

import numpy as np
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.data import AuditData
from auditkit.demos.applications import make_applications
from auditkit.demos.built import Built
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
    boosted = _pipeline().fit(train.inputs, train.labels)
    preprocess = _preprocess().fit(train.inputs)
    encoded = preprocess.transform(train.inputs).astype(np.float32)
    network = seeded(make_mlp, encoded.shape[1])
    fit(network, encoded, np.asarray(train.labels == "yes", dtype=np.int64), epochs=15)
    models = [
        wrap(boosted, name="boosted trees"),
        wrap(network, name="network", classes=("no", "yes"), preprocess=preprocess),
    ]
    return Built(
        title="Credit approval (synthetic demonstration)",
        models=models,
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


def _pipeline() -> Pipeline:
    trees = GradientBoostingClassifier(n_estimators=150, max_depth=4, random_state=0)
    return make_pipeline(_preprocess(), trees)


def frame(seed: int = 0) -> pandas.DataFrame:
    """The test split alone, as a table."""
    return make_applications(seed).test


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
