"""Real rows, and what the model says about them."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts


class Reference(NamedTuple):
    """Real rows with the model's answers."""

    rows: np.ndarray
    """(N, D) as codes."""
    answers: Verdicts

    @property
    def cut(self) -> float:
        """The score from which rows are decided as wanted, about."""
        wanted = self.answers.scores[self.answers.wanted]
        others = self.answers.scores[~self.answers.wanted]
        if not len(wanted):
            return float(others.max()) + 1.0
        least = float(wanted.min())
        return (least + float(others.max())) / 2 if len(others) and float(others.max()) < least else least
