"""The function beneath a disguise: logits under a softmax, a rounding or labels, and slopes through steps.

A network that gives saturated probabilities or labels, or rounds inside, decides as a plain one does, but has no slope
to follow. Here its forward pass is watched, the tensor that still tells how near another decision is takes the place of
the output, and a step takes the slope of what it rounds: the straight-through estimate, BPDA, of Athalye, Carlini and
Wagner (2018), Obfuscated Gradients Give a False Sense of Security, arXiv:1802.00420. What an attack finds is always
held against the model itself.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from auditkit.network_output import main_output
from auditkit.plugins.robustness.forward_trace import INPUT, Pass, Step

AGREES = 0.9
"""Share of points at which what lies beneath must decide as the model does; the attack keeps to the model anyway."""
VOTES = 0.6
"""Likewise for each of several whose mean is taken."""
REST = 0.01
"""What a member counts that need not be turned, so that there is a slope everywhere."""
SAME = 0.02
"""Results that differ by no more than this, in usual margins, are one member."""
TIES = 0.02
"""Share of points with equal outputs from which the output is taken to be cut off or rounded."""
ALIKE = 0.5
"""Correlation with what a step rounds."""
MOST = 32
"""Steps that are followed at most."""
FEW = 16
"""Rows with which slopes are looked for."""
TINY = 1e-3
"""The margin, in usual ones, of a decision that only the model itself holds on to."""

Read = Callable[[Any], Tensor]
"""The module's output in, (n, C) logits out, whose largest is the decision."""


class End(NamedTuple):
    """A result that takes the place of the output."""

    at: int
    sign: float = 1.0
    cut: float = 0.0
    """Of a single number or a difference of two: where the decision turns."""
    gap: float = 1.0
    """Its median margin."""


class Lens(NamedTuple):
    """Where to look at a module's forward pass."""

    ends: tuple[End, ...] = ()
    """Whose mean takes the place of the output; none: the output itself."""
    steps: tuple[Step, ...] = ()
    exact: bool = False
    """Nothing is rounded inside, at every point seen the same was decided beneath, and no order of ties decided."""
    classes: int = 2
    cut: bool = False
    """Slopes are cut off inside, by `detach` or `no_grad`, and have to be put back."""
    voters: tuple[End, ...] = ()
    """Results that each decide much as the output does, and none always: members of a vote or of a mean."""
    votes: bool = False
    """The ends vote, each for the class that it decides, instead of taking their mean."""


def see(module: torch.nn.Module, given: Tensor, lens: Lens, *, smooth: bool = False) -> tuple[Any, Tensor | None]:
    """The module's output, and (n, C) what lies beneath it; None where the output itself is to be taken."""
    watched = Pass(given, lens.steps, smooth=smooth, keep={end.at for end in lens.ends})
    with watched:
        output = module(given)
    if not lens.ends or any(end.at not in watched.made for end in lens.ends):
        return output, None
    return output, scores(watched.made, lens.ends, lens.classes, votes=lens.votes)


def other_lenses(lens: Lens) -> tuple[Lens, ...]:
    """Further ways to look at what does not always decide as its ends do, each blind at other places.

    The output itself: its logarithm tells of a mean that is not saturated, and where it is cut off, of ties that
    decide. The mean of logits ranks as the members are sure, a mean of saturated probabilities as most of them decide:
    of members, as many are turned as a majority needs.
    """
    itself = lens._replace(ends=(), exact=False)
    if len(lens.voters) < 2:
        return (itself,) if lens.ends and not lens.exact else ()
    return lens._replace(ends=lens.voters, votes=True, exact=False), itself


def scores(made: dict[int, Tensor], ends: tuple[End, ...], classes: int, *, votes: bool = False) -> Tensor:
    """(n, C) logits with a median margin of about 1: the mean of some results; or how near they are to another vote."""
    logits = []
    for end in ends:
        value = made[end.at]
        if classes > 2:
            logits.append(value.reshape(len(value), classes) * (end.sign / end.gap))
        else:
            turned = (_single(value) - end.cut) * (end.sign / end.gap)
            logits.append(torch.stack([-turned / 2, turned / 2], dim=1))
    if votes:
        return _turning(torch.stack(logits))
    return logits[0] if len(logits) == 1 else torch.stack(logits).mean(dim=0)


def _turning(members: Tensor) -> Tensor:
    """(n, C) for members (M, n, C): 0 for the class with most votes, for others what a majority has still to lose.

    Only the members that are turned most easily count, for a majority of them is all that is needed.
    """
    ballots = torch.nn.functional.one_hot(members.detach().argmax(dim=2), members.shape[2]).sum(dim=0)
    # members that are surer decide where votes are equal
    winner = (ballots + REST * members.detach().softmax(dim=2).mean(dim=0)).argmax(dim=1)
    ahead = members.gather(2, winner.expand(len(members), -1)[:, :, None]) - members
    easiest = ahead.sort(dim=0).values[: len(members) // 2 + 1]
    return -(easiest.clamp_min(0).sum(dim=0) + REST * ahead.mean(dim=0))


def aligned(beneath: Tensor, decided: Tensor) -> Tensor:
    """`beneath` (n, C) with the model's own decision lifted to the top where it is not.

    How far it was from the top is still seen in the size of the margin, so that an attack goes on in that direction.
    """
    own = beneath.gather(1, decided[:, None])[:, 0]
    others = beneath.scatter(1, decided[:, None], -torch.inf).amax(dim=1)
    over = (others - own).detach()
    lift = torch.where(over >= 0, over + TINY / (1 + over), torch.zeros_like(over))
    return beneath.scatter_add(1, decided[:, None], lift[:, None])


def find(module: torch.nn.Module, given: Tensor, read: Read) -> Lens | None:
    """Where to look at a module to attack it; None where its output will do, or nothing better is found.

    Args:
        module: in eval mode, its parameters frozen.
        given: (n, …) different inputs, on both sides of its decisions.
        read: see `Read`.
    """
    with contextlib.suppress(RuntimeError, TypeError, ValueError, IndexError):  # a module may refuse to be watched
        with torch.no_grad():
            output = module(given.clone())  # a module may change in place what it is given
            logits = read(output)
            classes = logits.shape[1]
            with Pass(given, widths={classes} if classes > 2 else {1, 2}) as watched:
                module(given)
        ends, voters = _beneath(watched.made, logits) if hides(main_output(output)) else ((), ())
        steps = _through(module, given[:: max(1, len(given) // FEW)], read, ends)
        agrees = not ends or _share(watched.made, logits.argmax(dim=1), classes, ends) == 1
        top = logits.topk(2, dim=1).values  # where the two are alike, it is their order that decides
        exact = not steps and agrees and not (ends and bool((top[:, 0] == top[:, 1]).any()))
        lens = Lens(ends, steps, exact, classes, watched.cut, voters)
        return lens if lens.ends or lens.steps or lens.cut else None
    return None


def hides(output: Tensor) -> bool:
    """Whether outputs of different rows are probabilities, labels, rounded or cut off: no longer how near they are."""
    wide = output.detach().reshape(len(output), -1).double()
    if bool(((wide >= 0) & (wide <= 1)).all()):
        return True
    ordered = wide.sort(dim=1).values
    if wide.shape[1] > 2:
        return float((ordered.diff(dim=1) == 0).any(dim=1).double().mean()) > TIES
    return 1 - len(np.unique(_single(wide).cpu().numpy())) / len(wide) > TIES


def _beneath(made: dict[int, Tensor], output: Tensor) -> tuple[tuple[End, ...], tuple[End, ...]]:
    """The last result that hides nothing and decides as the model does at more points than the others; and the voters.

    Where none always does, as in a vote, the mean of all that nearly do, if that is better.
    """
    decided, classes = output.argmax(dim=1), output.shape[1]
    known: list[tuple[float, End]] = []
    for at, tensor in made.items():
        if at != INPUT and tensor[0].numel() in ({classes} if classes > 2 else {1, 2}) and not hides(tensor):
            ends = [_end(made, decided, classes, End(at, sign)) for sign in (1.0, -1.0)]
            known.append(max(((_share(made, decided, classes, (end,)), end) for end in ends), key=lambda pair: pair[0]))
    if not known:
        return (), ()
    share, best = max(reversed(known), key=lambda pair: pair[0])
    nearly = tuple(end for agrees, end in known if VOTES <= agrees < 1)
    members = _members(made, classes, nearly)
    if len(nearly) > 1 and _share(made, decided, classes, nearly) > share:
        return nearly, members
    return (best,) if share >= AGREES else (), members


def _members(made: dict[int, Tensor], classes: int, ends: tuple[End, ...]) -> tuple[End, ...]:
    """Those of the results that are not another one of them in another form, nor a sum of probabilities."""
    members: list[tuple[End, Tensor]] = []
    for end in ends:
        sums = made[end.at].reshape(len(made[end.at]), -1).sum(dim=1)
        if float(made[end.at].min()) >= 0 and float(sums.max() - sums.min()) <= SAME * float(sums.max()):
            continue
        # a member turns at 0, not where it decides most as the others do; a shift of all classes decides nothing
        end = _sized(made, classes, end._replace(cut=0.0, gap=1.0))
        logits = scores(made, (end,), classes)
        logits = logits - logits.mean(dim=1, keepdim=True)
        if all(float((logits - other).abs().max()) > SAME for _, other in members):
            members.append((end, logits))
    return tuple(end for end, _ in members)


def _end(made: dict[int, Tensor], decided: Tensor, classes: int, end: End) -> End:
    """The result with its median margin; of two classes, with the best place to turn, 0 where that is as good."""
    if classes == 2:
        value = (end.sign * _single(made[end.at])).double().sort()
        right = decided[value.indices]
        # the decisions that are kept where the first k are of class 0 and the others of class 1
        kept = (right == 0).cumsum(0)[:-1] + (right == 1).sum() - (right == 1).cumsum(0)[:-1]
        k = int(kept.argmax())
        moved = end._replace(cut=float(value.values[k] + value.values[k + 1]) / 2 * end.sign)
        if _share(made, decided, classes, (moved,)) > _share(made, decided, classes, (end,)):
            end = moved
    return _sized(made, classes, end)


def _sized(made: dict[int, Tensor], classes: int, end: End) -> End:
    """The result with its median margin."""
    top = scores(made, (end,), classes).double().topk(2, dim=1).values
    gap = float((top[:, 0] - top[:, 1]).median())
    return end._replace(gap=gap if np.isfinite(gap) and gap > 0 else 1.0)


def _share(made: dict[int, Tensor], decided: Tensor, classes: int, ends: tuple[End, ...]) -> float:
    return float((scores(made, ends, classes).argmax(dim=1) == decided).double().mean())


def _through(module: torch.nn.Module, given: Tensor, read: Read, ends: tuple[End, ...]) -> tuple[Step, ...]:
    """The slopes of what is rounded on the way; none where nothing is, or where these lead nowhere."""
    steps: tuple[Step, ...] = ()
    for _ in range(MOST):
        leaf = given.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            own = leaf.clone()  # a module may change in place what it is given
            with Pass(own, steps) as watched:
                output = module(own)
        if not any(_dead(tensor, leaf) for tensor in [watched.made[end.at] for end in ends] or [read(output)]):
            return steps
        step = _next(watched, leaf, max((end.at for end in ends), default=watched.count))
        if step is None:
            return ()
        steps = (*steps, step)
    return ()


def _next(watched: Pass, leaf: Tensor, end: int) -> Step | None:
    """The first result without a slope that is nearly a line in an earlier one that has one."""
    alive: list[tuple[int, Tensor]] = []
    for at, tensor in watched.made.items():
        if at >= end:
            break
        if not _dead(tensor, leaf):
            alive.append((at, tensor))
            continue
        fits = [(*_line(tensor, source), by) for by, source in alive if source.numel() == tensor.numel()]
        fits = [fit for fit in fits if abs(fit[0]) >= ALIKE]
        if fits:
            _, slope, start, by = max(fits, key=lambda fit: abs(fit[0]))
            return Step(at, by, slope, start)
    return None


def _line(tensor: Tensor, source: Tensor) -> tuple[float, float, float]:
    """Correlation, slope and start of the line through all values of two tensors."""
    to, by = (part.detach().double().flatten() for part in (tensor, source))
    to_off, by_off = to - to.mean(), by - by.mean()
    spread, other = float((by_off**2).sum()), float((to_off**2).sum())
    together = float((by_off * to_off).sum())
    if not (spread > 0 and other > 0 and np.isfinite(together)):
        return 0.0, 0.0, 0.0
    slope = together / spread
    return together / (spread * other) ** 0.5, slope, float(to.mean()) - slope * float(by.mean())


def _dead(tensor: Tensor, leaf: Tensor) -> bool:
    """Whether on most rows nothing of this result moves with the input."""
    if tensor is leaf:
        return False
    if not tensor.requires_grad:
        return True
    weights = torch.linspace(0.5, 1.5, tensor[0].numel(), dtype=tensor.dtype, device=tensor.device)
    total = (tensor.reshape(len(tensor), -1) * weights).sum()
    (slope,) = torch.autograd.grad(total, leaf, retain_graph=True, allow_unused=True)
    if slope is None:
        return True
    moves = (torch.isfinite(slope) & (slope != 0)).flatten(1).any(dim=1)
    return float(moves.double().mean()) < 0.5


def _single(tensor: Tensor) -> Tensor:
    """(n,) the number that decides between two classes: the second output less the first, or the only one."""
    wide = tensor.reshape(len(tensor), -1)
    return wide[:, 1] - wide[:, 0] if wide.shape[1] == 2 else wide[:, 0]
