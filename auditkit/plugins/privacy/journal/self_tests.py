"""What a journal shows of the guarantee that it claims; what it cannot show is not tested."""

import numpy as np

from auditkit.plugins.privacy.accounting.spent import Spent
from auditkit.plugins.privacy.journal.journal import Journal
from auditkit.plugins.privacy.shared.batch_sizes import sampling_z
from auditkit.results import Control

GUARDS = ("epsilon",)
UNDERSTATED = 0.01
"""By how much the claim may lie below what is computed anew."""
ASIDE = ("epsilon", "seed_is_secret")
"""What changes no number where it is not told."""
FEWEST = 57
"""Numbers of which a mean square of the noise must be to refute half of it: four standard errors are under 3/4 then."""
ROW_ERROR = 1e-3
"""How far, relatively, a row's gradient in company may be from its gradient alone."""


def controls(journal: Journal, spent: Spent) -> tuple[Control, ...]:
    """Each claim of the journal, held against what else it says."""
    counted = None if journal.history is None else sum(steps for _, _, steps in journal.history)
    realised = None if journal.batch_sizes is None else len(journal.batch_sizes)
    # four standard errors, where it is said of how many numbers the mean square is
    loose = 0.15 if journal.numbers is None else max(0.15, 4 * (2 / journal.numbers) ** 0.5)
    lost = max((abs(journal.steps - steps) for steps in (counted, realised) if steps is not None), default=None)
    refutes = journal.numbers is None or journal.numbers >= FEWEST
    poisson = journal.sampler.lower() == "poisson"
    return (
        Control.within(
            "poisson-sampling", "Were batches drawn otherwise than they are accounted for?", 0 if poisson else 1,
            at_most=0, guards=GUARDS, reason="Epsilon is computed for Poisson sampling. Shuffled batches and those of "
            "a fixed size cost more, up to several times (Chua et al. 2024), so that it is no bound for them.",
        ),
        _tested(
            "sampling", "How many standard errors are the batch sizes from those of Poisson sampling?",
            None if journal.batch_sizes is None else sampling_z(
                np.array(journal.batch_sizes), journal.units, journal.sample_rate
            ),
            at_most=4.0, reason="Batches of another size or spread than those accounted for.", lacks="batch_sizes",
        ),
        _tested(
            "noise-level", "What is the mean square of the noise added, over what it should be?",
            journal.noise_square if refutes else None,
            at_least=1 - loose, at_most=1 + loose, reason="The noise added is not the noise accounted.",
            lacks="noise_square" if refutes else f"noise_square of {FEWEST} numbers or more",
        ),
        _tested(
            "clipping", "What is the largest clipped gradient over its bound?", journal.clipped, at_most=1.01,
            reason="A step moved farther than clipping allows.", lacks="clipped",
        ),
        _tested(
            "per-row-gradients", "How far is a row's gradient in a batch from its gradient alone?", journal.row_error,
            at_most=ROW_ERROR, reason="Where rows influence each other, clipping each of them bounds nothing.",
            lacks="row_error",
        ),
        _tested(
            "every-step-counted", "By how many steps do the journal's own counts differ?", lost, at_most=0.0,
            reason="A step that is not counted loses privacy unseen.", lacks="history and batch_sizes",
        ),
        _tested(
            "epsilon-as-claimed", "By how much does the claim exceed what is computed anew?",
            None if journal.epsilon is None else journal.epsilon - spent.reported, at_least=-UNDERSTATED,
            reason="Less is claimed than these steps cost.", lacks="epsilon",
        ),
        Control.within(
            "delta-small", "What is delta times the number of units?", journal.delta * journal.units, at_most=1 - 1e-9,
            guards=GUARDS, reason="From 1 / units on, a scheme that publishes a unit whole would satisfy delta.",
        ),
        _tested(
            "secret-seed", "Can anybody know the seeds of the noise?",
            None if journal.seed_is_secret is None else int(not journal.seed_is_secret), at_most=0.0,
            reason="Whoever knows the seeds takes the noise off again.", lacks="seed_is_secret",
        ),
    )  # fmt: skip


def _tested(
    name: str, question: str, value: float | None, *, at_least: float | None = None, at_most: float | None = None,
    reason: str, lacks: str,
) -> Control:  # fmt: skip
    """A control of what the journal shows; without it nothing is tested, and epsilon is no more than a claim."""
    if value is None:
        return Control.within(
            name, question, None, at_least=at_least, at_most=at_most, guards=GUARDS,
            on_failure="note" if lacks in ASIDE else "inconclusive",
            reason=f"Not tested: the journal does not say {lacks}.",
        )  # fmt: skip
    shown = value if np.isfinite(value) else None
    return Control.within(name, question, shown, at_least=at_least, at_most=at_most, guards=GUARDS, reason=reason)
