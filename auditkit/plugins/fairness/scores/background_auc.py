"""How a classifier of texts ranks texts of an identity against the other texts: BPSN and BNSP areas."""

from collections.abc import Iterator

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.plugins.fairness.scores.definitions import BNSP, BPSN
from auditkit.plugins.fairness.scores.score_table import LABELLED, Partition
from auditkit.results import Measurement
from auditkit.too_few import lacking

LABELS = {BPSN: 0, BNSP: 1}
"""{area: the label of the texts of the identity; the other texts are those with the other label}."""


def compared_rows(name: str, is_member: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """(n,) bool: the texts that an area is about: of one label those of the identity, of the other the background.

    Args:
        name: of the area.
        is_member: (n,) bool: the text is of the identity.
        outcomes: (n,) bool: its label is positive.

    Source: Borkan, Dixon, Sorensen, Thain and Vasserman (2019), Nuanced metrics for measuring unintended bias with real
    data for text classification, arXiv:1903.04561, 4.1.
    """
    own = outcomes if LABELS[name] else ~outcomes
    return np.asarray(np.where(is_member, own, ~own))


def find(part: Partition, data: AuditData, scores: np.ndarray, outcomes: np.ndarray) -> Iterator[Measurement]:
    """Both areas of every group of some attributes against all other texts.

    Args:
        part: the groups.
        data: the texts.
        scores: (N,) finite.
        outcomes: (N,) bool: whether the label is positive.
    """
    for where, hidden in zip(part.where, part.hidden, strict=True):
        is_member = np.ones(len(data), dtype=bool)
        for attribute, value in where.items():
            is_member &= data.groups[attribute] == value
        for name in LABELS:
            rows = compared_rows(name, is_member, outcomes)
            own, others = int((rows & is_member).sum()), int((rows & ~is_member).sum())
            label = LABELS[name]
            reason = (
                hidden
                or lacking(own, part.minimum, LABELLED[label])
                or lacking(others, part.minimum, f"people of other groups{LABELLED[1 - label].removeprefix('people')}")
            )
            area = None if reason else _area(rows, data, scores, outcomes)
            yield Measurement(
                name=name, value=None if area is None else area.value, reason=reason, direction="higher", slice=where,
                interval=None if area is None else area.interval, n=None if area is None else own + others,
            )  # fmt: skip


def _area(rows: np.ndarray, data: AuditData, scores: np.ndarray, outcomes: np.ndarray) -> stats.Auc | None:
    weights = None if data.weights is None else data.weights[rows]
    return stats.auc(
        scores[rows], outcomes[rows], weights, clusters=None if data.unit is None else data.unit[rows]
    )  # fmt: skip
