"""What both trainers of robust networks say of what they made: accuracies beside the parent's, and controls."""

from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.figures import curve, dot_whisker
from auditkit.plugins.robustness.shares import share_of
from auditkit.results import Axis, Control, Figure, Measurement, Scalar


class Pair(NamedTuple):
    """Which rows are decided rightly, (n,) bool, by the new model and by its parent."""

    new: np.ndarray
    parent: np.ndarray


def measurements(clean: Pair, attacked: Pair, name: str, conditions: dict[str, Scalar]) -> tuple[Measurement, ...]:
    """What was gained under changes and lost without, and the four shares behind it.

    Args:
        clean: on the rows as they are.
        attacked: on changed rows.
        name: of accuracy on changed rows, such as `robust_accuracy`.
        conditions: of the changes.
    """
    return (
        _difference(f"{name}_gain", attacked.new, attacked.parent, "higher", conditions),
        _difference("accuracy_cost", clean.parent, clean.new, "lower", {}),
        share_of(f"train_{name}", attacked.new, conditions=conditions),
        share_of(f"parent_train_{name}", attacked.parent, conditions=conditions),
        share_of("train_accuracy", clean.new),
        share_of("parent_train_accuracy", clean.parent),
    )


def _difference(
    name: str, first: np.ndarray, second: np.ndarray, direction: str, conditions: dict[str, Scalar]
) -> Measurement:
    # row by row, for both models were tried on the same rows
    differences = first.astype(np.float64) - second
    return Measurement(
        name=name, value=float(differences.mean()), interval=stats.student_interval(differences), n=len(differences),
        unit="share", direction=direction, conditions=conditions,  # type: ignore[arg-type]
    )  # fmt: skip


def controls(changed_parent: bool, before: float, after: float, attacked: Pair, name: str) -> tuple[Control, ...]:
    """The parent is as it was, the loss fell, and the new model withstands more than its parent.

    Args:
        changed_parent: its fingerprint is another than before.
        before: the loss under changes of the untrained copy.
        after: of the trained one, on the same rows.
        attacked: on changed rows.
        name: of accuracy on changed rows.
    """
    return (
        Control.within(
            "parent-unchanged", "Has the parent another fingerprint after the training (1) or not (0)?",
            int(changed_parent), at_most=0, reason="The parent was trained on, so nothing here is a comparison.",
        ),
        Control.within(
            "loss-fell", "What is the loss under changes, over that of the untrained copy?",
            after / before if before > 0 else None, at_most=0.95,
            guards=(f"train_{name}", f"{name}_gain", "train_accuracy", "accuracy_cost"), on_failure="inconclusive",
            reason="Next to nothing was learned; raise epochs, lower learning_rate or ask for less.",
        ),
        Control.within(
            "more-than-parent", "How much more often than its parent is the new model right under changes?",
            float(attacked.new.mean() - attacked.parent.mean()), at_least=0, guards=(f"{name}_gain",),
            on_failure="note",
            reason="The new model withstands less than its parent, on the very rows that it was trained on.",
        ),
    )  # fmt: skip


def drawn(history: list[dict[str, Any]], measurements: tuple[Measurement, ...], caption: str) -> tuple[Figure, ...]:
    """The loss over the training, and the four shares side by side.

    Args:
        history: of `fitting.fit`.
        measurements: of `measurements`.
        caption: the loss is of, for the caption.
    """
    labels = (
        ("new model", "changed rows"),
        ("parent", "changed rows"),
        ("new model", "as they are"),
        ("parent", "as they are"),
    )
    relabelled = [
        measurement.model_copy(update={"name": model, "conditions": {"rows": rows}})
        for measurement, (model, rows) in zip(measurements[2:], labels, strict=True)
    ]
    shares = dot_whisker(
        "accuracy-with-and-without", "Accuracy on the training split, with changes and without", relabelled,
        axis=Axis(field="value", title="decided rightly", percent=True),
        caption="On rows that both models may have learned; the audit data is the proof.",
    )  # fmt: skip
    fall = curve(
        "loss-by-epoch", "Loss over the training", history, x=Axis(field="epoch", title="epoch"),
        y=Axis(field="loss", title="mean loss"), caption=caption,
    )  # fmt: skip
    return (fall,) if shares is None else (shares, fall)


def notes(rows: int, left_out: int, weighted: bool, free: np.ndarray) -> tuple[str, ...]:
    """What was left out, and what was held.

    Args:
        rows: learned from.
        left_out: rows that were not, for their label is not known.
        weighted: the rows have weights.
        free: (D,) bool, which features may change.
    """
    sentences = (
        (f"Trained on {rows:,} rows.", True),
        (f"Left out, without a known label: {left_out:,} of the rows.", left_out > 0),
        ("Row weights were not used.", weighted),
        (f"{int((~free).sum())} of {len(free)} features were held as they are.", not free.all()),
    )
    return tuple(sentence for sentence, holds in sentences if holds)
