"""What the measurements of both trainers mean."""

from auditkit.results import Definition, Direction

OPTIMISTIC = "On rows that the model was trained on; the audit of the new model says it of rows that it has not seen."


def definitions(name: str, title: str, formula: str, reference: str) -> dict[str, Definition]:
    """Of accuracy on changed rows, of accuracy without, of the parent's, and of the differences.

    Args:
        name: such as `robust_accuracy`.
        title: of accuracy on changed rows.
        formula: likewise.
        reference: likewise.
    """
    plain, clean = "Accuracy on the training split", "share of training rows decided rightly, without a change"
    return {
        f"{name}_gain": _share(
            f"{title}: gain", f"{formula}: new model - parent", "higher", reference, "-1 to 1",
        ),
        "accuracy_cost": _share("Accuracy given up", f"{clean}: parent - new model", "lower", "", "-1 to 1"),
        f"train_{name}": _share(title, formula, "higher", reference),
        f"parent_train_{name}": _share(f"{title}: parent", formula, "higher", reference),
        "train_accuracy": _share(plain, clean, "higher"),
        "parent_train_accuracy": _share(f"{plain}: parent", clean, "higher"),
    }  # fmt: skip


def _share(title: str, formula: str, direction: Direction, reference: str = "", range: str = "0 to 1") -> Definition:
    return Definition(
        title=title, formula=formula, range=range, direction=direction, unit="share", reference=reference,
        pitfalls=OPTIMISTIC,
    )  # fmt: skip
