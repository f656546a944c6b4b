"""Two outcomes of one model, readmission and complication, are audited one after the other."""

import pathlib

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

import auditkit

OUTCOMES = ("readmitted", "complication")


def patients(rows=800, seed=0):
    """Patients who were drawn: age brings them back, weight brings complications."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"age": rng.normal(60, 12, rows), "weight": rng.normal(80, 15, rows)})
    noise = rng.normal(size=(rows, 2))
    return table.assign(
        sex=rng.choice(["f", "m"], rows),
        readmitted=(table["age"] - 60 + 12 * noise[:, 0] > 0).astype(int),
        complication=(table["weight"] - 80 + 15 * noise[:, 1] > 0).astype(int),
    )


def fitted():
    """One model of both outcomes."""
    table = patients()
    return MultiOutputClassifier(LogisticRegression()).fit(table[["age", "weight"]], table[[*OUTCOMES]])


def run(out):
    """An audit for each outcome: `target` says which output of the model it is."""
    model, table, results = fitted(), patients(seed=1), {}
    for place, outcome in enumerate(OUTCOMES):
        data = auditkit.AuditData.from_table(
            table, label=outcome, positive=1, groups=["sex"], features=["age", "weight"], outcome="burden"
        )
        results[outcome] = auditkit.audit(
            auditkit.wrap(model, target=place, name=outcome), data, out=out / outcome, budget="quick",
            checks=["performance.quality", "fairness.groups", "explanations.importance"],
        )  # fmt: skip
    return results


if __name__ == "__main__":
    run(pathlib.Path("work"))
    print("Reports: " + ", ".join(f"work/{outcome}/report.html" for outcome in OUTCOMES))
