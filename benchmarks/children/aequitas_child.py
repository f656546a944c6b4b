"""aequitas on the people in a folder: `python aequitas_child.py FOLDER`."""

import json
import sys

import numpy as np
import pandas
from aequitas.group import Group
from answering import answer, timed

COUNTS = ("tp", "fp", "fn", "tn")
RATES = ("tpr", "fpr", "tnr", "fnr", "precision", "npv", "fdr", "for", "accuracy", "pprev")


def load(folder):
    """The attributes as columns of Python text, the only kind that it takes, and one of their combinations."""
    with open(f"{folder}/values.json") as file:
        named = json.load(file)
    columns = {}
    for at, (name, values) in enumerate(named.items()):
        columns[name] = np.array(values, dtype=object)[np.load(f"{folder}/code_{at}.npy")]
    labels, decisions = np.load(f"{folder}/labels.npy"), np.load(f"{folder}/decisions.npy")
    return pandas.DataFrame({**columns, "score": decisions.astype(int), "label_value": labels.astype(int)})


if __name__ == "__main__":
    frame = load(sys.argv[1])
    attributes = [name for name in frame.columns if name not in ("score", "label_value")]

    def crosstabs():
        seconds, (table, _) = timed(lambda: Group().get_crosstabs(frame, attr_cols=attributes))
        table = table.sort_values(["attribute_name", "attribute_value"])
        where = table[["attribute_name", "attribute_value"]].values.tolist()
        counts, rates = table[list(COUNTS)].values.tolist(), table[list(RATES)].astype(float).values.tolist()
        return {"seconds": seconds, "where": where, "counts": counts, "rates": rates}

    answer({"crosstabs": crosstabs})
