"""The check of the global surrogate tree."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.shared.background import train_codes
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.plugins.explanations.shared.outputs import explained_output
from auditkit.plugins.explanations.surrogate_tree import findings
from auditkit.plugins.explanations.surrogate_tree.definitions import DEFINITIONS
from auditkit.plugins.explanations.surrogate_tree.parameters import SurrogateTreeParameters
from auditkit.plugins.explanations.surrogate_tree.tree import encoded, fit, middles_of, questions_of, rules
from auditkit.results import Definition
from auditkit.text import number_of

LEAST = 10
"""Rows of a leaf, also where smaller groups may be shown."""


class SurrogateTree(SurrogateTreeParameters, Check):
    """Can a few rules say what the model does, and how far do they follow it?

    A reviewer can read sixteen rules, and not a forest. But rules that do not follow the model explain something else.

    A decision tree of few questions (Breiman et al. 1984) learns the model's output on real rows, of the training
    split where there is one, and is tried on others (Craven and Shavlik 1996): R2 of the output, and the share of
    decisions that both make alike. Its rules are shown only where R2 is at least 0.8, without leaves of few rows.

    A tree that follows the model need not use the columns that the model uses, where columns hang together. It says
    nothing about rows unlike these. All rows weigh the same.
    """

    id: ClassVar[str] = "explanations.surrogate_tree"
    title: ClassVar[str] = "Surrogate tree"
    applies_when: ClassVar[str] = "to see whether a few rules say what the model does: name it among the checks"
    reference: ClassVar[str] = (
        "Craven, Shavlik 1996, Extracting Tree-Structured Representations of Trained Networks, NeurIPS 8; Breiman, "
        "Friedman, Olshen, Stone 1984, Classification and Regression Trees"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 500, "learnt": 1000},
        "standard": {"rows": 1000},
        "thorough": {"rows": 5000, "learnt": 20_000},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset()
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        if not data.feature_names:
            return "needs a table or an array (N, D), whose columns can be named"
        if data.uncompared.all():
            return "needs a column that rules can ask about; every one is free text or an identifier"
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The rows that the tree learns from."""
        return rows + (0 if data.train is None else min(len(data.train), self.learnt))

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Learn, try on other rows, and show the rules where these hold."""
        output, codes, numeric = explained_output(model, data, context.predictions), data.codes(), numeric_columns(data)
        targets, counts = np.unique(output.target, return_counts=True)
        target, more = int(targets[counts.argmax()]), train_codes(data)
        if more is None:
            order = context.rng.permutation(len(codes))
            learnt, tried, source = codes[order[::2]], codes[order[1::2]], "half of the rows drawn"
        else:
            learnt = more[context.rng.permutation(len(more))[: self.learnt]]
            tried, source = codes, "the training split"
        answers = [context.predictions.of(data.decode(rows)) for rows in (learnt, tried)]
        outputs = [
            np.asarray(output.answer(data.decode(rows))[:, target], dtype=np.float64) for rows in (learnt, tried)
        ]
        context.progress(1, 2, "asked")
        is_hidden, middles = data.uncompared, middles_of(learnt, numeric)
        questions = [question for question in questions_of(learnt, numeric) if not is_hidden[question.column]]
        least = max(LEAST, data.minimum_cell)
        tree = fit(encoded(learnt, questions, middles), outputs[0], self.depth, least)
        leaves = [tree.apply(encoded(rows, questions, middles)) for rows in (learnt, tried)]
        measured = findings.r2(outputs[1], tree.tree_.value[leaves[1]].reshape(-1))
        control, numbers = findings.follows(measured), [measured]
        if data.task != "regression":
            own, others = (part.codes for part in answers)
            majority = {leaf: np.bincount(own[leaves[0] == leaf] + 1).argmax() - 1 for leaf in np.unique(leaves[0])}
            numbers += findings.shares(others, np.array([majority[leaf] for leaf in leaves[1]]))
        shown = control.holds is True
        table = findings.rule_table(rules(tree, questions, data), leaves[1], outputs[1], least, output.unit)
        what = output.what
        if data.task == "multiclass":
            what = f"the {output.unit} of the class {context.predictions.classes[target]}, which most rows are given,"
        notes = [
            f"The tree learnt {what} from {number_of(len(learnt), 'row')} of {source}, and was tried on "
            f"{number_of(len(tried), 'other')}."
        ]
        if not shown:
            notes.append(
                "Its rules are not shown: it does not follow the model, so they would be about something else."
            )
        return Findings(numbers, [control], tables=[table] if shown else [], notes=notes)
