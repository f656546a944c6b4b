"""The deletion test of an explanation of a table, as a control."""

import numpy as np

from auditkit.plugins.explanations.quality.deletion import FOLLOWS, deletion
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case
from auditkit.results import Control


def deletion_control(
    case: Case, attributions: Attributions, rng: np.random.Generator, guards: tuple[str, ...], instead: str = ""
) -> tuple[list[Control], list[str]]:
    """The deletion test as a control, or a note of why it can show nothing about this model and these rows.

    Args:
        case: rows, background and the model.
        attributions: of the rows.
        rng: of the test.
        guards: the numbers that must not be believed where it fails.
        instead: what to believe where it fails, in a sentence.
    """
    # nothing to correlate: every attribution is 0 but for a rounding
    if np.abs(attributions.values).max() < 1e-12:
        return [], ["No feature moved the output of any of these rows."]
    outcome = deletion(
        lambda codes, rows: case.ask_in(attributions.unit, codes, rows),
        case.x, case.background, attributions.values, rng,
    )  # fmt: skip
    if outcome is None or not outcome.has_power:
        return [], [
            "Whether deleting features bears the attributions out was not judged: with these rows the test could not "
            "tell right attributions from wrong ones."
        ]
    control = Control.within(
        "deletion",
        "How far do the attributions follow what deleting a feature, or adding it, does to the output (correlation)?",
        outcome.correlation,
        at_least=FOLLOWS,
        guards=guards,
        on_failure="inconclusive",
        reason="A feature should matter to the model where the explanation says that it does. Attributions of other "
        f"rows would reach {outcome.chance:.2f} in one audit of twenty. {instead}".rstrip(),
    )
    return [control], []
