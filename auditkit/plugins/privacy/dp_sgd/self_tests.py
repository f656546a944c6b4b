"""The controls of a private training: what is measured of it, held to what was accounted."""

import numpy as np

from auditkit.plugins.privacy.accounting.findings import agreement
from auditkit.plugins.privacy.accounting.spent import Spent
from auditkit.plugins.privacy.dp_sgd.copy_answers import GAIN, LIKE, Known
from auditkit.plugins.privacy.dp_sgd.journal import Journal
from auditkit.plugins.privacy.gradients.choice import ROW_ERROR
from auditkit.plugins.privacy.shared.batch_sizes import sampling_z
from auditkit.results import Control


def controls(journal: Journal, spent: Spent, error: float) -> tuple[Control, ...]:
    """What was measured of the training, each held to what was accounted."""
    guards = ("epsilon",)
    # four standard errors of a mean square, where there were few numbers
    loose = max(0.15, 4 * (2 / max(1, journal.numbers)) ** 0.5)
    accounted = sum(steps for _, _, steps in journal.history)
    return (
        Control.within(
            "per-row-gradients", "How far is a row's gradient in a batch from its gradient alone?",
            _finite(max(error, journal.row_error)),
            at_most=ROW_ERROR, guards=guards, reason="Where rows influence each other, clipping each of them "
            "bounds nothing.",
        ),
        Control.within(
            "sampling", "How many standard errors are the batch sizes from those of Poisson sampling?",
            _finite(sampling_z(journal.batches, journal.units, journal.recipe.sample_rate)), at_most=4, guards=guards,
            reason="Epsilon is computed for Poisson sampling; another way of drawing batches costs more.",
        ),
        Control.within(
            "noise-level", "What is the mean square of the noise added, over what it should be?",
            _finite(journal.noise),
            at_least=1 - loose, at_most=1 + loose, guards=guards, reason="The noise added is not the noise accounted.",
        ),
        Control.within(
            "clipping", "What is the largest clipped gradient over its bound?", _finite(journal.clipped), at_most=1.01,
            guards=guards,             reason="A step moved farther than clipping allows.",
        ),
        Control.within(
            "every-step-counted", "How many steps did the accountant miss?", len(journal.batches) - accounted,
            at_most=0, guards=guards, reason="A step that is not counted loses privacy unseen.",
        ),
        Control.within(
            "steps-alone", "In how many steps did weights move beside the optimizer?",
            journal.disturbed, at_most=0, guards=guards, reason="What moves weights beside the steps has no noise.",
        ),
        agreement(spent),
    )  # fmt: skip


def _finite(value: float) -> float | None:
    """A control's value; None, which does not hold, where a training that broke down gives no number."""
    return value if np.isfinite(value) else None


def of_state(known: Known | None, fitted: list[str]) -> tuple[Control, ...]:
    """What may be in the new model beside what the private steps made.

    Args:
        known: what untrained copies know; None: not asked.
        fitted: what the preparation of inputs holds and is not said to be public.
    """
    named = ", ".join(fitted[:3])
    prepared = (
        "Nothing that is fitted prepares the inputs, or its owner says that it is public."
        if not fitted
        else f"The preparation of inputs holds {named}, which epsilon does not cover if it was fitted to the training "
        'rows. Where no training row went into it, say public = ["preprocess"].'
    )
    outside = Control.within(
        "fitted-outside", "How many arrays that prepare the inputs may have been fitted to the training rows?",
        len(fitted), at_most=0, guards=("epsilon",), on_failure="inconclusive", reason=prepared,
    )  # fmt: skip
    if known is None:
        return (outside,)
    return (
        Control.within(
            "untrained-copy", "How much better than a constant answers the worst of several untrained copies?",
            known.gain, at_most=GAIN, guards=("epsilon",),
            reason="An untrained copy that answers well holds what its parent learned without privacy.",
        ),
        Control.within(
            "copy-unlike-parent", "How do scores of untrained copies correlate with the parent's, at least?",
            known.likeness, at_most=LIKE, guards=("epsilon",),
            reason="Untrained copies that all answer as their parent hold what it learned without privacy.",
        ),
        outside,
    )  # fmt: skip
