"""How far a private training is and what it has cost by then; it is kept on the way."""

from __future__ import annotations

from collections.abc import Callable

from auditkit.checks import Context
from auditkit.plugins.privacy.accounting.accountants import rdp_epsilon
from auditkit.plugins.privacy.accounting.history import history_of
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe

OFTEN = 20
"""A training says what it has cost so many times, and is kept as often; it is kept where it is stopped, too."""


class Progress:
    """Told after each step.

    Args:
        recipe: of the training.
        delta: for epsilon so far.
        context: whom it is passed on to.
        keep: keeps the training on disk.
    """

    def __init__(self, recipe: Recipe, delta: float, context: Context, keep: Callable[[], None]) -> None:
        self._recipe, self._delta, self._context, self._keep = recipe, delta, context, keep
        self._what = "steps"

    def __call__(self, done: int) -> None:
        """Say how far it is.

        Raises:
            TimeLimit: the time is up; what was done is kept.
        """
        recipe = self._recipe
        if done == 1 or done % max(1, recipe.steps // OFTEN) == 0 or done == recipe.steps:
            history = history_of(((recipe.noise_multiplier, recipe.sample_rate, done),), self._delta)
            self._what = f"steps, epsilon so far at most {rdp_epsilon(history, self._delta):.3g}"
            self._keep()
        try:
            self._context.progress(done, recipe.steps, self._what)
        except BaseException:
            self._keep()
            raise
