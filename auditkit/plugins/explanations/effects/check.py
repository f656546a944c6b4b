"""The check of effects: partial dependence beside accumulated local effects."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import closest
from auditkit.models import Model
from auditkit.plugins.explanations.effects.category_order import category_order
from auditkit.plugins.explanations.effects.curves import accumulated_local_effects, grid_of, partial_dependence
from auditkit.plugins.explanations.effects.definitions import DEFINITIONS
from auditkit.plugins.explanations.effects.findings import Effect, find
from auditkit.plugins.explanations.effects.parameters import EffectsParameters
from auditkit.plugins.explanations.effects.self_tests import inside_data, known_terms
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.plugins.explanations.shared.outputs import explained_output
from auditkit.plugins.explanations.shared.outside_data import DataSpace
from auditkit.results import Definition
from auditkit.text import first_few

FEWEST = 20
"""Rows with a value of a column, from which it has curves."""
CATEGORIES = 20
"""Categories of a column at most, the most frequent ones."""


class Effects(EffectsParameters, Check):
    """How does the output change with the value of a column, on average over people?

    An importance says that a column matters; a curve says which way, and where. A reviewer sees a threshold, a turn, or
    an effect that goes the wrong way.

    Two curves for each column: partial dependence (Friedman 2001), the mean output where everybody has the same value,
    and accumulated local effects (Apley and Zhu 2020), small steps of the people who are near, added up. Both give the
    terms of a sum exactly, which is tried on a planted one. Where columns hang together partial dependence asks about
    rows that nobody has: their share is counted, and the curve is inconclusive where they are many.

    Both are averages over people: effects that differ between people, or cancel out, are not seen. Categories are put
    in an order in which neighbours are alike in the other columns; another order has other steps. A curve describes
    the model, not the world.
    """

    id: ClassVar[str] = "explanations.effects"
    title: ClassVar[str] = "Effects of columns"
    applies_when: ClassVar[str] = "to see which way columns move the output: name it among the checks"
    reference: ClassVar[str] = (
        "Friedman 2001, Greedy Function Approximation, Annals of Statistics 29; Apley, Zhu 2020, JRSS B 82, "
        "arXiv:1612.08468; Hooker, Mentch, Zhou 2021, arXiv:1905.03151"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 150, "grid": 10},
        "standard": {"rows": 300},
        "thorough": {"rows": 1000, "grid": 30},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"feature"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    touches: ClassVar[Mapping[str, tuple[str, ...]]] = {"shown": (), "features": ()}

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns."""
        if not data.feature_names:
            return "needs a table or an array (N, D), whose columns can be named"
        if data.uncompared.all():
            return "needs a column with values that curves can go along; every one is free text or an identifier"
        strange = next((name for name in self.features if name not in data.feature_names), None)
        if strange is not None:
            return (
                f"features must name columns of the inputs; {strange!r} is none; {closest(strange, data.feature_names)}"
            )
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """A row for each value of each column, and two for each of its steps: of a category there are two."""
        return len(data.feature_names) * rows * (self.grid + 4)

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The columns of a table."""
        return {"feature": MeasuredAt(data.feature_names)} if data.modality == "table" else {}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Draw both curves of every column, and try them."""
        output = explained_output(model, data, context.predictions)
        targets, counts = np.unique(output.target, return_counts=True)
        target = int(targets[counts.argmax()])

        def ask(codes: np.ndarray) -> np.ndarray:
            return np.asarray(output.answer(data.decode(codes))[:, target], dtype=np.float64)

        codes, numeric, is_hidden = data.codes(), numeric_columns(data), data.uncompared
        grids = {
            column: self.values(codes[:, column], bool(numeric[column]), data.minimum_cell)
            for column in range(codes.shape[1])
        }
        usable = [column for column, values in grids.items() if len(values) > 1 and not is_hidden[column]]
        space = DataSpace.of_rows(codes[:, ~is_hidden], numeric[~is_hidden]) if len(codes) > FEWEST else None
        effects = []
        for done, column in enumerate(usable):
            present, is_category = codes[~np.isnan(codes[:, column])], not numeric[column]
            inside = present[np.isin(present[:, column], grids[column])] if is_category else present
            if is_category:
                grids[column] = category_order(inside, column, grids[column], numeric)
            values = grids[column]
            dependence = partial_dependence(ask, present, column, values)
            local = accumulated_local_effects(ask, inside, column, values, is_category)
            place = column - int(is_hidden[:column].sum())
            outside = None if space is None else _outside(space, present[:, ~is_hidden], place, values)
            effects.append(Effect(column, data.feature_names[column], dependence, local, outside))
            context.progress(done + 1, len(usable), "columns")
        chosen = [effect for effect in effects if effect.name in self.features]
        shown = chosen or sorted(effects, key=lambda effect: -effect.size)[: self.shown]
        results = find(effects, shown, data, output.unit, len(codes))
        known = known_terms(
            codes, [(effect.column, grids[effect.column], not numeric[effect.column]) for effect in shown]
        )
        inside_control = inside_data({part.name: part.outside for part in shown if part.outside is not None})
        left = [name for column, name in enumerate(data.feature_names) if column not in usable]
        notes = [f"This shows {_named(output.what, data, context, target)}, over {len(codes)} rows."]
        notes += (
            [f"No curve for free text, an identifier, one value only or too few rows: {first_few(left)}."]
            if left
            else []
        )
        doubtful = [effect.name for effect in effects if effect.is_doubtful]
        if doubtful:
            notes.append(
                f"Partial dependence asks about rows that nobody has, for: {first_few(doubtful)}. Believe the "
                "accumulated local effects."
            )
        controls = [known, inside_control] if inside_control else [known]
        return Findings(results.measurements, controls, results.figures, results.tables, notes)

    def values(self, column: np.ndarray, numeric: bool, fewest: int) -> np.ndarray:
        """The values at which a column has curves, categories of at least so many rows; none where few have any."""
        present = column[~np.isnan(column)]
        if len(present) < FEWEST:
            return np.zeros(0)
        if numeric:
            return grid_of(column, self.grid)
        categories, counts = np.unique(present, return_counts=True)
        categories, counts = categories[counts >= fewest], counts[counts >= fewest]
        return np.sort(categories[np.argsort(-counts, kind="stable")][:CATEGORIES])


def _outside(space: DataSpace, x: np.ndarray, column: int, values: np.ndarray) -> float:
    rows = np.repeat(x[None], len(values), axis=0)
    rows[:, :, column] = values[:, None]
    return float(space.outside(rows.reshape(-1, x.shape[1])).mean())


def _named(what: str, data: AuditData, context: Context, target: int) -> str:
    if data.task != "multiclass":
        return what
    return f"{what.split(' of ')[0]} of the class {context.predictions.classes[target]}, which most rows are given"
