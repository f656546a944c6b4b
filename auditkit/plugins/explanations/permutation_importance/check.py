"""The check of permutation importance."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.permutation_importance.definitions import DEFINITIONS
from auditkit.plugins.explanations.permutation_importance.findings import importance_findings, twin_control
from auditkit.plugins.explanations.permutation_importance.losses import loss_of
from auditkit.plugins.explanations.permutation_importance.parameters import PermutationParameters
from auditkit.plugins.explanations.permutation_importance.permutation import permutation_importance
from auditkit.plugins.explanations.permutation_importance.twins import twins
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.results import Control, Definition, Interval, Measurement
from auditkit.text import number_of

PAIRS = 10
"""Near twins that are shuffled together, the nearest ones."""


class PermutationImportance(PermutationParameters, Check):
    """How much worse does the model get where a column tells nothing any more, and which columns share what they tell?

    A column that the model needs cannot be shuffled without harm. Unlike an attribution this is about how good the
    answers are, and it needs labels.

    Each column in turn takes the values of other rows (Breiman 2001; Fisher, Rudin and Dominici 2019), several times;
    the importance is the mean increase of the log loss, of wrong decisions, or of the squared error. The interval is
    over rows, each as one that takes values and as one that gives them, and over shuffles. Columns that tell nearly
    the same are found, listed, and shuffled together.

    A shuffled row may be like nobody's. A column that the model needs although it should not is important all the
    same, and one whose near twin is there may look as if it were not. All rows weigh the same.
    """

    id: ClassVar[str] = "explanations.permutation_importance"
    title: ClassVar[str] = "Permutation importance"
    applies_when: ClassVar[str] = "to see which columns the quality of the answers hangs on: name it among the checks"
    reference: ClassVar[str] = (
        "Breiman 2001, Random Forests, Machine Learning 45; Fisher, Rudin, Dominici 2019, All Models are Wrong, but "
        "Many are Useful, JMLR 20, arXiv:1801.01489"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table", "labels"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 300, "repeats": 3},
        "standard": {"rows": 500},
        "thorough": {"rows": 2000, "repeats": 10},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"feature"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    touches: ClassVar[Mapping[str, tuple[str, ...]]] = {"twins": ("joint_importance",)}

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        return None if data.feature_names else "needs a table or an array (N, D), whose columns can be named"

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Each row once for each shuffle, of each column and each pair of near twins, and once as it is."""
        return rows * (self.repeats + 1) * (len(data.feature_names) + PAIRS)

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The columns of a table."""
        alone = name == "permutation_importance" and data.modality == "table"
        return {"feature": MeasuredAt(data.feature_names)} if alone else {}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Shuffle every column, then near twins together."""
        loss, codes, names = loss_of(model, data, context.predictions), data.codes(), data.feature_names

        def lose(rows: np.ndarray) -> np.ndarray:
            return np.asarray(loss.of(context.predictions.of(data.decode(rows))), dtype=np.float64)

        base = lose(codes)
        pairs = twins(codes, numeric_columns(data), self.twins, data.uncompared)
        sets = [(column,) for column in range(len(names))] + [tuple(pair[:2]) for pair in pairs[:PAIRS]]
        estimates = []
        for columns in sets:
            estimates.append(permutation_importance(lose, codes, columns, self.repeats, context.rng))
            if len(estimates) <= len(names):
                # what a time limit leaves: the columns so far, without twins
                context.keep(importance_findings(names[: len(estimates)], estimates, [], loss.unit, len(codes)))
            context.progress(len(estimates), len(sets), "columns shuffled")
        alone, together = estimates[: len(names)], estimates[len(names) :]
        more = len(pairs) - PAIRS
        both = list(zip(pairs[:PAIRS], together, strict=True))
        part = importance_findings(names, alone, both, loss.unit, len(codes))
        half = 1.96 * float(base.std(ddof=1)) / np.sqrt(len(base))
        own_loss = Measurement(
            name="loss", value=float(base.mean()), n=len(codes), unit=loss.unit, direction="lower",
            interval=Interval(low=max(0.0, float(base.mean()) - half), high=float(base.mean()) + half, method="normal"),
        )  # fmt: skip
        controls = [*_trials(base, lose(codes), loss.blind), twin_control(names, both, self.twins)]
        return Findings(
            [*part.measurements, own_loss], controls,
            part.figures, part.tables,
            [
                f"The loss is {loss.what}. Each column was shuffled {self.repeats} times among {len(codes)} rows.",
                *([f"Not shuffled together: {number_of(more, 'further pair')} of near twins."] if more > 0 else []),
            ],
        )  # fmt: skip


def _trials(base: np.ndarray, again: np.ndarray, blind: np.ndarray) -> list[Control]:
    """Whether the model answers alike about the same rows, and whether there is anything to lose."""
    guards = ("permutation_importance", "joint_importance")
    return [
        Control.within(
            "unshuffled", "By how much does the loss of a row change where nothing is shuffled?",
            float(np.abs(again - base).max()), at_most=1e-6,
            reason="The model answers differently about the same rows, so a change of its loss means little.",
        ),
        Control.within(
            "better than blind", "How large is the loss beside that of the best answer that is the same for all rows?",
            float(base.mean() / blind.mean()) if blind.mean() > 0 else None, at_most=0.99, guards=guards,
            on_failure="inconclusive",
            reason="A model that is no better than one that looks at nothing has nothing to lose: no importance here "
            "says which columns it uses.",
        ),
    ]  # fmt: skip
