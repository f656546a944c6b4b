"""What a private training cost: epsilon by three accountants, which of them is reported, and whether they agree."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditkit.plugins.privacy.accounting.accountants import Certified, pld_epsilon, prv_epsilon, rdp_epsilon
from auditkit.plugins.privacy.accounting.history import Neighbours, history_of

REFINED = 300.0
"""Above this epsilon by Rényi moments the others are not asked: nothing is promised, and numbers overflow."""
ABOVE_RDP = 0.01
"""By how much epsilon may lie above Rényi moments: both are upper bounds, and this one is the tighter."""


class Spent(NamedTuple):
    """Epsilon by each accountant."""

    rdp: float
    """Rényi moments, an upper bound that is loose at small rates and few steps."""
    prv: Certified | None
    """Privacy loss random variables: between which ends epsilon is; None where that takes too much memory."""
    pld: float | None
    """Privacy loss distributions, an upper bound; None above `REFINED`."""

    @property
    def agrees(self) -> bool:
        """Whether the bound by loss distributions lies where the other two say that it must."""
        if self.prv is None or self.pld is None:
            return False
        return self.prv.low <= self.pld <= self.rdp + ABOVE_RDP

    @property
    def reported(self) -> float:
        """The bound by loss distributions where the others agree with it, else the largest of all."""
        if self.pld is not None and self.agrees:
            return self.pld
        return max(self.rdp, self.pld or 0.0, 0.0 if self.prv is None else self.prv.high)


def spent(
    phases: Iterable[Sequence[float]], delta: float, neighbours: Neighbours = "add_or_remove", trainings: int = 1
) -> Spent:
    """Epsilon of a training.

    Args:
        phases: (noise multiplier, sampling rate, steps) of steps that were done alike, in their order.
        delta: at least 1e-10, under 1.
        neighbours: between which data sets epsilon holds.
        trainings: how many trainings like this read the same rows, all of which are paid for.

    Raises:
        ConfigError: an argument is out of range.
        MissingExtra: opacus or dp-accounting is not installed.
    """
    history = history_of(phases, delta, trainings)
    rdp = rdp_epsilon(history, delta, neighbours)
    if rdp > REFINED:
        return Spent(rdp, None, None)
    pld = pld_epsilon(history, delta, neighbours)
    if pld > rdp + ABOVE_RDP:
        pld = min(pld, pld_epsilon(history, delta, neighbours, finer=10))
    return Spent(rdp, prv_epsilon(history, delta, neighbours), pld)
