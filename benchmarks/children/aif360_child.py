"""aif360 on the people in a folder: `python aif360_child.py FOLDER`."""

import logging
import sys

import numpy as np
import pandas
from answering import answer, timed

MEASURES = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
    "positive_predictive_value", "negative_predictive_value", "false_discovery_rate", "false_omission_rate", "accuracy",
)  # fmt: skip
NAMES = ("a", "b", "c")


def load(folder):
    from aif360.datasets import BinaryLabelDataset  # once it may not say what more it could do with other packages

    columns = {name: np.load(f"{folder}/code_{at}.npy").astype(float) for at, name in enumerate(NAMES)}
    labels, decisions = np.load(f"{folder}/labels.npy"), np.load(f"{folder}/decisions.npy")
    frame = pandas.DataFrame({**columns, "label": labels.astype(float)})
    data = BinaryLabelDataset(df=frame, label_names=["label"], protected_attribute_names=list(NAMES))
    decided = data.copy()
    decided.labels = decisions.reshape(-1, 1).astype(float)
    return data, decided


def pairs(data, decided, groups):
    """(G, 10): two groups by each ClassificationMetric, as its privileged and unprivileged one."""
    from aif360.metrics import ClassificationMetric

    values = []
    for first, second in zip(groups[::2], groups[1::2], strict=True):
        metric = ClassificationMetric(
            data,
            decided,
            unprivileged_groups=[dict(zip(NAMES, first, strict=True))],
            privileged_groups=[dict(zip(NAMES, second, strict=True))],
        )
        for privileged in (False, True):
            values.append([float(getattr(metric, name)(privileged=privileged)) for name in MEASURES])
    return values


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    loaded = load(sys.argv[1])

    def measures(groups):
        seconds, values = timed(lambda: pairs(*loaded, groups))
        return {"seconds": seconds, "values": values}

    answer({"measures": measures})
