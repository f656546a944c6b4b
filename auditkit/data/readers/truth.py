"""The truth beside the inputs: label, task, positive value, recorded answers; what is inferred is noted."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.data.labels import (
    Recorded,
    Task,
    check_labels,
    check_recorded,
    check_two_classes,
    infer_task,
    label_array,
    pick_positive,
)
from auditkit.data.readers.roles import Roles


def truth(
    parts: Mapping[str, Any], roles: Roles, wanted_task: Task | None, wanted_positive: Any
) -> tuple[dict[str, Any], list[str]]:
    """Labels, task, positive value and recorded answers as fields of AuditData, and what was inferred about them.

    Raises:
        DataError: see `auditkit.data.labels`.
    """
    notes: list[str] = []
    label_description = called(roles.label, "label")
    people = parts["people"]
    labels = None if parts["label"] is None else label_array(parts["label"], label_description, people)
    known, source = (labels, label_description) if labels is not None else _decided(parts, roles, wanted_positive)
    task = wanted_task or "binary"
    if wanted_task is None and known is not None:
        task, note = infer_task(known, source)
        notes.append(note)
    if labels is not None:
        if task != "regression":
            check_two_classes(labels, label_description)
        labels = check_labels(labels, task, label_description)
    recorded = None
    if parts["decisions"] is not None or parts["scores"] is not None:
        classes = _classes(labels) if task != "regression" else ()
        recorded, note = check_recorded(Recorded(parts["decisions"], parts["scores"]), classes, task, people)
        notes += [note] if note else []
    positive = wanted_positive
    if task == "binary" and known is not None:
        positive, note = pick_positive(wanted_positive, _classes(known), source)
        notes += [note] if note else []
    name = roles.label if isinstance(roles.label, str) else getattr(roles.label, "name", None)
    label_name = None if name is None else str(name)
    facts = {"labels": labels, "task": task, "positive": positive, "recorded": recorded, "label_name": label_name}
    return facts, notes


def _decided(parts: Mapping[str, Any], roles: Roles, positive: Any) -> tuple[np.ndarray | None, str]:
    """Without labels, decisions say what the classes are; fractions are refused further on."""
    if parts["decisions"] is None:
        return None, ""
    decisions = label_array(parts["decisions"], "decisions", parts["people"])
    is_constant = positive is not None and bool((decisions == decisions[0]).all())  # everybody was refused, or nobody
    return (
        (None, "") if is_constant or decisions.dtype.kind == "f" else (decisions, called(roles.decisions, "decisions"))
    )


def _classes(labels: np.ndarray | None) -> tuple[Any, ...]:
    return () if labels is None else tuple(np.unique(labels).tolist())


def called(column: Any, role: str) -> str:
    """What a message calls the values of a role: by the column's name where there is one."""
    return f"{role} {column!r}" if isinstance(column, str) else role
