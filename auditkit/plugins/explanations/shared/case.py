"""What is explained: rows, the rows they are compared with, and how to ask the model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.plugins.explanations.shared.outputs import Output, one_output

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Case:
    """Rows to explain, rows to compare them with, and how to ask the model."""

    x: np.ndarray
    """(n, D) codes."""
    background: np.ndarray
    """(B, D) codes."""
    decode: Callable[[np.ndarray], Any]
    """From codes to the inputs that the model takes."""
    output: Output
    """Of the model about the rows, and how to ask for more."""
    progress: Progress = lambda done, total, what: None
    as_fitted: Callable[[Any], Any] = lambda inputs: inputs
    """From the inputs that the model takes to those that its estimator was fitted on."""

    def ask(self, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,) outputs of mixed rows; `rows` (m,) says which explained row each belongs to."""
        return self.ask_in(self.output.unit, codes, rows)

    def ask_in(self, unit: str, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The same in the unit of attributions."""
        answers = self.output.answer(self.decode(codes))
        return one_output(answers, self.output.target[rows], unit)
