"""The attacker at work: the column imputed without the model, and inferred with its answers, each side by itself."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.privacy.attribute.attacks import inverted, likelihoods, relative
from auditkit.plugins.privacy.attribute.sides import Rows
from auditkit.plugins.privacy.shared.classifiers import out_of_fold, prepare

ATTACKS = ("learned inversion", "inversion", "answer")
"""The strongest first."""
FOLDS = 3
"""Parts of each side of which one is inferred by what was fitted to the others."""


class Known(NamedTuple):
    """What the attacker has of each row without the model."""

    rows: Rows
    others: np.ndarray
    """(N, D - 1) the other columns."""
    category: np.ndarray
    """(D - 1,) bool: which of them are names."""
    classes: np.ndarray
    """(N,) positions of the values to be inferred, under `values`; known of all rows but those asked about."""
    values: int
    seed: int

    def imputed(self, *more: np.ndarray, label: bool = True, members_alone: bool = False) -> np.ndarray:
        """(N, K) probabilities of the values of each row, by a classifier fitted to other rows of its side.

        Members and others are imputed alike, each from their own: the attacker knows the column of everybody else.

        Args:
            more: (N, …) each, what else is known.
            label: whether the label is.
            members_alone: whether nobody asks about the others; theirs stay 0.
        """
        extra = [*([self.rows.labels[:, None]] if label else []), *more]
        are_names = [True] * label + [False] * sum(part.shape[1] for part in more)
        values = np.column_stack([self.others, *extra])
        values = prepare(values, np.concatenate([self.category, np.array(are_names, dtype=bool)]))
        chances = np.zeros((len(values), self.values))
        for side in (self.rows.is_member, ~self.rows.is_member)[: 1 if members_alone else 2]:
            chances[side] = out_of_fold(
                values[side], self.classes[side], self.values, self.seed, self.rows.unit[side], FOLDS
            )  # fmt: skip
        return chances

    def right(self, chances: np.ndarray) -> np.ndarray:
        """(N,) bool: the likeliest value is the true one."""
        return np.asarray(chances.argmax(axis=1) == self.classes)


class Inferred(NamedTuple):
    """Who is inferred rightly."""

    baseline: np.ndarray
    """(N,) bool: without the model."""
    attacks: dict[str, np.ndarray]
    """{attack: (N,) bool}"""
    fits: np.ndarray
    """(N, K) which value fits the model's answers, by `relative`."""


def infer(known: Known, position: int, candidates: np.ndarray) -> Inferred:
    """Every attack on a column, and what is imputed without them.

    Args:
        known: what the attacker has.
        position: of the column among the inputs.
        candidates: (K,) codes to try.
    """
    rows = known.rows
    tried = likelihoods(rows.ask, rows.codes, position, candidates, rows.labels)
    fits = relative(tried)
    right = {
        "learned inversion": known.right(known.imputed(fits)),
        "inversion": np.asarray(inverted(known.imputed(label=False), tried) == known.classes),
        "answer": known.right(known.imputed(rows.probabilities)),
    }
    return Inferred(known.right(known.imputed()), right, fits)
