"""What tries the counterfactuals: the model asked again, the rules, and a search whose nearest row is known."""

import numpy as np

from auditkit.data import AuditData
from auditkit.data.codes import codes_of
from auditkit.plugins.explanations.counterfactuals.definitions import NEAREST
from auditkit.plugins.explanations.counterfactuals.linear import LinearForm, nearest_linear
from auditkit.plugins.explanations.counterfactuals.people import People, find_nearest
from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts
from auditkit.plugins.explanations.counterfactuals.reference import Reference
from auditkit.plugins.explanations.counterfactuals.space import Space
from auditkit.plugins.explanations.counterfactuals.wanted import Wanted
from auditkit.results import Control

PLANTED = 20
"""People for whom the nearest row of a planted model is searched."""
NEAR = 1.05
"""Times the least cost, up to which a row counts as the nearest one."""
KNOWN = 0.8
"""The least share of planted nearest rows that must be found: 19 of 20 are, as a rule."""
FAR = 0.5
"""The largest share of counterfactuals that lie farther from real rows than 95 % of these do from each other."""


def asked_again(people: People, wanted: Wanted, space: Space, data: AuditData) -> list[Control]:
    """Whether every counterfactual is decided as wanted and keeps the rules, in the inputs that the model takes."""
    rows = people.nearest[people.is_found]
    if not len(rows):
        return []
    kept = codes_of(data.decode(rows), data.schema)
    allowed = [
        bool(space.allowed(x, row[None])[0])
        for x, row in zip(people.x[people.is_found], _whole(kept, rows), strict=True)
    ]
    return [
        Control.within(
            "asked again", "What share of the counterfactuals does the model decide as wanted when it is asked again?",
            float(wanted.ask(rows).wanted.mean()), at_least=1.0,
            reason="A counterfactual is one only if the model decides it as wanted. Where it does not, the model "
            "answers differently when asked twice, or about a row by itself.",
        ),
        Control.within(
            "rules", "What share of the counterfactuals keep to columns, directions, ranges, categories and sums?",
            float(np.mean(allowed)), at_least=1.0,
            reason="A change that the owner ruled out is of no use to anybody.",
        ),
    ]  # fmt: skip


def planted(space: Space, real: np.ndarray, budget: int, rng: np.random.Generator) -> Control | None:
    """A search on linear models of the same columns, whose nearest rows are known; the model is not asked."""
    usable = real[~np.isnan(real).any(axis=1)]
    if len(usable) < 2 * PLANTED:
        return None
    hits, tried = 0, 0
    for _ in range(PLANTED // 5):
        form = _planted_form(space, rng)
        scores = form.of(usable)
        cut = float(np.quantile(scores, 0.7))
        others = usable[scores < cut]
        if not len(others):
            continue
        x = others[rng.choice(len(others), min(5, len(others)), replace=False)]

        def ask(rows: np.ndarray, form: LinearForm = form, cut: float = cut) -> Verdicts:
            answers = form.of(rows)
            return Verdicts(answers >= cut, answers)

        searched = find_nearest(space, x, Reference(usable, ask(usable)), ask, budget, None)
        for row, nearest, is_found in zip(x, searched.nearest, searched.is_found, strict=True):
            known, proved = nearest_linear(form, space, row, (cut - float(form.of(row[None])[0]), np.inf))
            if known is None or not proved:
                continue
            tried += 1
            least = float(space.cost(row, known[None])[0])
            hits += bool(is_found) and float(space.cost(row, nearest[None])[0]) <= NEAR * least + 1e-3
    if not tried:
        return None
    return Control.within(
        "known nearest", f"In what share of {tried} trials does the search find the nearest row of a planted linear "
        "model, where it is known?",
        hits / tried, at_least=KNOWN, guards=NEAREST, on_failure="inconclusive",
        reason="Where the search misses the nearest row, costs are too large, and may be so for one group more than "
        "for another. A larger budget helps.",
    )  # fmt: skip


def near_real(to_real: np.ndarray, between_real: np.ndarray) -> Control | None:
    """How many counterfactuals lie where hardly any real row does."""
    if not len(to_real) or len(between_real) < 2:
        return None
    far = float(np.quantile(between_real, 0.95))
    return Control.within(
        "near real rows", "What share of the counterfactuals lie farther from real rows of the wanted outcome than "
        "95 % of these do from each other?",
        float((to_real > far).mean()), at_most=FAR, guards=("recourse_cost",), on_failure="note",
        reason="A row like nobody's may be one that nobody can become, and about which the model knows nothing.",
    )  # fmt: skip


def _whole(kept: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Codes as the inputs hold them; where single precision rounded a number, the number itself."""
    return np.where(np.isclose(kept, rows, rtol=1e-6, atol=0), rows, kept)


def _planted_form(space: Space, rng: np.random.Generator) -> LinearForm:
    amounts = tuple(
        {} if numeric else dict(zip(values.tolist(), rng.normal(size=len(values)).tolist(), strict=True))
        for numeric, values in zip(space.numeric, space.values, strict=True)
    )
    slopes = np.where(space.numeric, rng.normal(size=len(space.numeric)) / space.scale, 0.0)
    return LinearForm(slopes, amounts)
