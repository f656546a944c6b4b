"""The check of counterfactuals: what would have to change about a person for another decision."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.counterfactuals import findings, self_tests
from auditkit.plugins.explanations.counterfactuals.definitions import DEFINITIONS
from auditkit.plugins.explanations.counterfactuals.exact_solver import exact_solver
from auditkit.plugins.explanations.counterfactuals.group_numbers import group_numbers
from auditkit.plugins.explanations.counterfactuals.parameters import CounterfactualParameters
from auditkit.plugins.explanations.counterfactuals.people import People, distances, distances_between, find_nearest
from auditkit.plugins.explanations.counterfactuals.reference import Reference
from auditkit.plugins.explanations.counterfactuals.rules import sentences, space_of
from auditkit.plugins.explanations.counterfactuals.space import Space
from auditkit.plugins.explanations.counterfactuals.wanted import not_stated, wanted_outcome
from auditkit.plugins.explanations.shared.background import draw_background
from auditkit.results import Definition
from auditkit.text import number_of


class Counterfactuals(CounterfactualParameters, Check):
    """What would have to change about a person for the model to decide otherwise, and is that harder for one group?

    A person who is refused wants to know what would have to be different. Where the nearest change costs one group
    more than another, the model is harder on it even if both are refused as often.

    For each sampled person with the other outcome, the cheapest changed row that the model decides as wanted: numbers
    move in units of their median absolute deviation, another category costs 1, few columns change, and the owner says
    which cannot, which only grow or fall, between which ends, and whose sum stays. Linear models are solved by branch
    and bound and single trees leaf by leaf, which is exact; any other model is searched within a number of model rows.
    Every counterfactual is asked about again.

    A changed row is no advice: columns that cause each other are changed apart, and a cost in the spread of a column
    is not what a change costs a person. None found is not none there, unless the search was exact. All rows weigh the
    same.
    """

    id: ClassVar[str] = "explanations.counterfactuals"
    title: ClassVar[str] = "Counterfactuals"
    applies_when: ClassVar[str] = (
        "for decisions about people that they may want to change: name it, and which columns cannot change"
    )
    reference: ClassVar[str] = (
        "Wachter, Mittelstadt, Russell 2017, arXiv:1711.00399; Mothilal, Sharma, Tan 2020, arXiv:1905.07697; "
        "Ustun, Spangher, Liu 2019, Actionable Recourse in Linear Classification, arXiv:1809.06514; "
        "Gupta et al. 2019, Equalizing Recourse across Groups, arXiv:1909.03166"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table"})
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 100, "budget": 800},
        "standard": {"rows": 300},
        "thorough": {"rows": 1000, "budget": 3000},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset()
    for_groups: ClassVar[frozenset[str]] = frozenset({"none_found", "recourse_cost"})

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Only tables and arrays (N, D) have columns, and it must be known which outcome is wanted."""
        if not data.feature_names:
            return "needs a table or an array (N, D), whose columns can be named"
        return self.misnamed(data) or not_stated(self, data)

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """What the searches ask at most, if half of the people have the other outcome."""
        return rows * self.budget // 2 + self.real_rows

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Find, summarise, and try the outcome."""
        wanted = wanted_outcome(self, model, data, context.predictions)
        own = wanted.of(context.predictions).wanted
        others = np.flatnonzero(~own & ~context.predictions.abstained)
        codes = data.codes()
        real = draw_background(data, self.real_rows, context.rng)
        space = space_of(self, data, codes, real.codes)
        reference = Reference(real.codes, wanted.ask(real.codes))
        solver = exact_solver(model, data, space, wanted, reference)
        people = find_nearest(
            space, codes[others], reference, wanted.ask, self.budget,
            None if isinstance(solver, str) else solver, context.progress,
        )  # fmt: skip
        controls = [
            *self_tests.asked_again(people, wanted, space, data),
            None if people.proved.all() else self_tests.planted(space, real.codes, self.budget, context.rng),
        ]
        winners = reference.rows[reference.answers.wanted]
        to_real, between = distances(space, people.nearest[people.is_found], winners), distances_between(space, winners)
        controls.append(self_tests.near_real(to_real, between))
        numbers = [
            *group_numbers(data, others, people.is_found, _costs(people, space)),
            *findings.summary(people, space, to_real, between),
        ]
        tables, bars = findings.change_table(people, space, data)
        if context.include_rows and people.is_found.any():
            tables.append(findings.example_table(people, space, data))
        return Findings(
            numbers, [control for control in controls if control is not None],
            [*findings.group_figures(numbers), *bars], tables,
            [*sentences(self, data, space, wanted, len(people.x)), *_how(people, solver, self), real.note],
            level="model" if people.proved.all() and len(others) else "queries",
        )  # fmt: skip


def _costs(people: People, space: Space) -> np.ndarray | None:
    """(n,) who has none counts at the largest; None where nobody has any."""
    if not people.is_found.any():
        return None
    costs = np.array([
        float(space.cost(x, row[None])[0]) if is_found else -np.inf
        for x, row, is_found in zip(people.x, people.nearest, people.is_found, strict=True)
    ])  # fmt: skip
    return np.where(people.is_found, costs, costs.max())


def _how(people: People, solver: Any, parameters: CounterfactualParameters) -> list[str]:
    """Whether the nearest ones are known, in sentences."""
    none = people.proved & ~people.is_found
    notes = []
    if people.proved.any():
        notes.append(
            f"For {number_of(int(people.proved.sum()), 'person', 'people')} the nearest change was worked out from the "
            f"model itself: it is exact for these rules{'. Where none was found, none exists' if none.any() else ''}."
        )
    if not people.proved.all():
        why = f" ({solver})" if isinstance(solver, str) else ""
        notes.append(
            f"The model was searched{why}: within {parameters.budget:,} model rows a person, {people.asked:,} in all. "
            "Where none was found, there may still be one, and a cheaper one than was found."
        )
    return notes
