"""A model that MLflow saved is audited by its folder, in the flavour that its MLmodel file names."""

import pathlib

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def people(rows=600, seed=0):
    """Loans that were drawn: who repays depends on income and debt, and not on sex."""
    rng = np.random.default_rng(seed)
    income, debt = rng.gamma(4, 10, rows), rng.gamma(2, 5, rows)
    repaid = (income - 2 * debt + rng.normal(0, 10, rows) > 15).astype(int)
    return pd.DataFrame({"income": income, "debt": debt, "sex": rng.choice(["f", "m"], rows), "repaid": repaid})


def save(folder):
    """Save a Pipeline as MLflow does by default: as skops, with a signature."""
    import mlflow.sklearn

    table = people()
    inputs = table[["income", "debt"]]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, table["repaid"])
    signature = mlflow.models.infer_signature(inputs, model.predict(inputs))
    mlflow.sklearn.save_model(model, folder, signature=signature, pip_requirements=["scikit-learn", "skops"])
    return model


def prepare(folder):
    """Write the model, the data and the configuration."""
    model = save(folder / "loan")
    people(seed=1).to_csv(folder / "people.csv", index=False)
    (folder / "auditkit.toml").write_text(CONFIG)
    return model


CONFIG = """\
[model]
path = "loan"            # or models:/loan/1, models:/loan@champion, runs:/…/model

[data]
path = "people.csv"
label = "repaid"
positive = 1
groups = ["sex"]
drop = ["sex"]
outcome = "benefit"

[audit]
checks = ["performance.quality", "fairness.groups"]
budget = "quick"

[[limits]]
measurement = "performance.quality.accuracy"
at_least = 0.7
because = "The rule that it replaces was right about seven in ten."
"""

if __name__ == "__main__":
    prepare(pathlib.Path())
    print("Now run: auditkit run")
