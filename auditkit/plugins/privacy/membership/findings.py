"""From the attack to findings: what `privacy.membership` says of everyone, of each group, and of odd training rows."""

import time
from typing import Any, NamedTuple

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import TimeLimit, present
from auditkit.models import Model
from auditkit.plugins.privacy.membership import boundary, comparison as comparisons, self_tests
from auditkit.plugins.privacy.membership.attack import CalledMembers, Scored, called
from auditkit.plugins.privacy.membership.attacks import attacks_on, chosen, note_of, simplest
from auditkit.plugins.privacy.membership.black_box import black_box_scores
from auditkit.plugins.privacy.membership.comparison import Comparison
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.definitions import ATTACKS
from auditkit.plugins.privacy.membership.figures import attack_table, exposed_table, roc_curve
from auditkit.plugins.privacy.membership.measurements import LEAST, beats_chance, headline, per_group, wider
from auditkit.plugins.privacy.membership.members import Sides, gather
from auditkit.plugins.privacy.membership.memorisation import find_memorised
from auditkit.plugins.privacy.membership.parameters import BLACK_BOX, BOUNDARY, FEWEST, ONLINE, Parameters
from auditkit.plugins.privacy.membership.pool import NoCopy
from auditkit.plugins.privacy.membership.self_tests import Trials
from auditkit.results import Measurement
from auditkit.too_few import fewer_than

EXPOSED = 20
"""Training rows that are named, where rows may be shown."""
UNGRADED = {
    "": "The model gives decisions alone, so an attack sees of a row only whether it is decided rightly.",
    "scores": "The model gives scores that are no probabilities; the attack reads them as log-odds.",
}
NO_TIME = "the time was up before any was fitted"


class Material(NamedTuple):
    """What an attack is made of."""

    sides: Sides
    comparison: Comparison | None
    """Of both sides with copies of the model."""
    why: str
    """There are no copies; a part of a sentence."""
    trials: Trials
    given: np.ndarray | None
    """(M + N,) scores of an attack that is no formula of the answers, NaN where it judges nobody; None: of another."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Attack, try the attack, look at the odd rows; where the time ends early, what there is by then is kept."""
    steps = parameters.reference_models + 3
    context.progress(0, steps, "asking about members")
    sides = gather(model, data, context.predictions, parameters.rows, context.rng)
    notes = sides.overlap.note(sides.twice)
    if min(sides.members.units, sides.others.units) < LEAST:
        reason = fewer_than(LEAST, "members or non-members are left after duplicates were taken out")
        undefined = [
            Measurement(name=name, value=None, reason=reason, direction="lower") for name in (*ATTACKS, "memorisation")
        ]
        return Findings(undefined, notes=notes)
    blind = self_tests.blind_to_model(sides, context.seed)
    trials = self_tests.tried(sides, None, blind, np.random.default_rng(context.seed))
    context.keep(_attacked(parameters, data, context, Material(sides, None, NO_TIME, trials, None), notes, alone=True))
    comparison, why = _comparison(parameters, model, data, sides, context)
    given = _given(parameters, sides, context)
    trials = self_tests.tried(sides, comparison, blind, context.rng)
    attacked = _attacked(parameters, data, context, Material(sides, comparison, why, trials, given), notes)
    context.keep(attacked)
    context.progress(steps - 1, steps, "looking for odd training rows")
    odd = find_memorised(model, data, sides, comparison, parameters.neighbours, context)
    return Findings(
        measurements=[*attacked.measurements, *odd.measurements], controls=[*attacked.controls, *odd.controls],
        figures=attacked.figures, tables=attacked.tables, notes=[*attacked.notes, *odd.notes],
        higher_level="" if comparison is not None else None,
    )  # fmt: skip


def _attacked(
    parameters: Parameters, data: AuditData, context: Context, material: Material, notes: list[str],
    alone: bool = False,
) -> Findings:  # fmt: skip
    """Every attack that can be made of the material, and its trials; `alone` leaves out what takes long."""
    sides, comparison, why, trials, given = material
    kept = np.ones(len(sides.is_member), dtype=bool) if given is None else ~np.isnan(given)
    if given is not None:
        sides, comparison = sides.take(kept, context.rng), None if comparison is None else comparison.take(kept)
        given = given[kept]
    copies = 0 if comparison is None else len(comparison.chances)
    first = chosen(parameters, sides, copies)
    if alone or (first == BOUNDARY and given is None):
        first = simplest(sides)  # there was no time for more
    weight = 1.0 if comparison is None else comparisons.best_weight(comparison, sides, trials.alike)
    attacks = attacks_on(first, sides, comparison, weight, given)
    scored = attacks[0]
    # a score from which no copy's was taken off is moved by whatever members and non-members differ in
    corrected = comparison if scored.attack in FEWEST and scored.attack != ONLINE else None
    spread = 0.0 if corrected is None else comparisons.model_spread(corrected, sides)
    if spread is None and trials.apart:
        corrected = None  # of fewer than four copies nobody can say how far they are from each other
    rate = scored.lowest_rate
    who = called(scored, rate)
    everyone = [wider(measurement, spread or 0.0) for measurement in headline(scored, who, rate)]
    groups = [wider(measurement, spread or 0.0) for measurement in per_group(sides, scored, who, rate, data)]
    controls = [*self_tests.without_model(trials), sides.overlap.control(ATTACKS)]
    if corrected is None and not alone and (trials.apart or any(map(beats_chance, everyone))):
        scores = np.concatenate([scored.members, scored.others])
        controls.append(self_tests.beyond_blind(sides, scores, trials.blind[kept], trials.apart, context.seed))
    elif corrected is not None and trials.apart:
        controls.append(self_tests.skill(sides, corrected))
    return Findings(
        measurements=[*everyone, *groups],
        controls=controls,
        figures=[roc_curve(scored, rate)],
        tables=[
            attack_table(attacks, rate, everyone[2].interval),
            *(_exposed(sides, scored, who) if context.include_rows else []),
        ],
        notes=[
            *notes,
            note_of(parameters, scored.attack, sides, copies, weight, why),
            *([] if sides.graded == "probabilities" or scored.attack == BOUNDARY else [UNGRADED[sides.graded]]),
        ],
    )


def _comparison(
    parameters: Parameters, model: Model, data: AuditData, sides: Sides, context: Context
) -> tuple[Comparison | None, str]:
    """Both sides held against copies of the model; or None, and why."""
    if not parameters.reference_models:
        return None, "reference_models = 0"
    began = time.monotonic()

    def go_on(done: int, of: int) -> bool:
        pace = f", about {(time.monotonic() - began) / done:.0f} s each" if done else ""
        return _time_left(context, 1 + done, of + 3, f"fitting copy {done + 1} of {of}{pace}")

    train = present(data.train, "the check needs it")
    try:
        copy, tools = copier(model, parameters), (context.rng, go_on)
        return comparisons.compare(parameters, sides, train, context.predictions.classes, copy, tools), ""
    except NoCopy as reason:
        return None, str(reason)


def _given(parameters: Parameters, sides: Sides, context: Context) -> np.ndarray | None:
    """Scores of the attack that is asked for, where it is no formula of the answers; None: of another, or no time."""
    if parameters.attack == BLACK_BOX:
        return black_box_scores(sides, context.seed)
    return _far(parameters, sides, context) if parameters.attack == BOUNDARY else None


def _far(parameters: Parameters, sides: Sides, context: Context) -> np.ndarray | None:
    """Boundary distances of as many members as others, asked about in turn; None where there was no time for enough."""
    members, others = (context.rng.permutation(np.flatnonzero(side)) for side in (sides.is_member, ~sides.is_member))
    count = min(parameters.boundary_rows, len(members), len(others))
    order = np.column_stack([members[:count], others[:count]]).reshape(-1)

    def go_on(done: int) -> bool:
        what = f"looking for the boundary around row {done + 1} of {len(order)}"
        return _time_left(context, parameters.reference_models + 2, parameters.reference_models + 3, what)

    ask = boundary.asker(context.predictions, sides.others.data)
    far = boundary.distances(ask, sides, parameters.boundary_queries, order, context.seed, go_on)
    asked = [int((~np.isnan(far[side])).sum()) for side in (sides.is_member, ~sides.is_member)]
    return far if min(asked) >= LEAST else None


def _time_left(context: Context, done: int, total: int, what: str) -> bool:
    """Whether there is time to go on; where not, what was begun is brought to an end before the limit ends it."""
    try:
        context.progress(done, total, what)
    except TimeLimit:
        return False
    return True


def _exposed(sides: Sides, scored: Scored, who: CalledMembers) -> list[Any]:
    """The table of the members whom the attack finds most easily; none where it finds nobody."""
    order = np.argsort(-scored.members, kind="stable")[:EXPOSED]
    rows = [(int(sides.members.rows[place]), float(scored.members[place])) for place in order if who.members[place]]
    return [exposed_table(rows)] if rows else []
