"""The plan: which checks will run on how many rows, which are skipped and why; fixed before anything is measured."""

import hashlib
import importlib.util
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.checks import Budget, Check, PluginRows, missing_needs
from auditkit.config import parse
from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.data.labels import WITHOUT_LABELS
from auditkit.endpoints import AskedAfar
from auditkit.errors import DISTRIBUTION, ConfigError, Refusal, check_known, closest
from auditkit.foreign_code import foreign
from auditkit.host import Host, Offer
from auditkit.judge import everyone_alone, is_bare
from auditkit.lazy import pandas
from auditkit.models import Capability, Model
from auditkit.plugin_validation import wrong_kind
from auditkit.results import ErrorInfo, Limit, Plan, PlannedCheck, Sending, digest
from auditkit.run.context import AuditContext
from auditkit.run.resolve import resolve_for
from auditkit.text import class_name, one_line


@dataclass(frozen=True)
class Step:
    """One row of the plan with the check that it is about."""

    planned: PlannedCheck
    kind: type[Check]
    check: Check


def make_plan(context: AuditContext, model: Model, limits: Sequence[Limit] = ()) -> tuple[Plan, list[Step]]:
    """Decide what will run.

    Args:
        context: the audit; `--only` goes before its checks.
        model: the model under audit.
        limits: recorded and hashed with the plan.

    Raises:
        ConfigError: a check, family or parameter is not known.
    """
    data, request = context.data, context.request
    checks = request.only or request.checks
    offers = context.host.checks()
    ready = {check.id: check for check in checks or () if isinstance(check, Check)}
    check_known(request.parameters, offers, ConfigError, lambda id: f'[checks."{id}"]: there is no such check; ')
    steps = []
    for id in selected(context.host, checks, context.evidence):
        offer = offers.get(id) or Offer(type(ready[id]), "object", "object")
        made = ready.get(id) or configured(offer.value, request.budget, request.parameters.get(id, {}))
        steps.append(_step(offer, *with_offers(context.host, made), model, data))
    # a limit that one model cannot answer is then not tested for it, which its own verdict says
    if not context.several:  # of several, one may lack what another gives
        resolve_for(model, limits, running(steps))
    again, at_most = _asked_again(model, data)
    # what the limits will not cover, as far as that is known before anything is measured
    bare = [limit.name for limit in limits if is_bare(limit) and limit.scope == "everyone"] if data.groups else []
    note = everyone_alone(bare, "also where groups are measured")
    plan = Plan(
        checks=tuple(step.planned for step in steps), limits=tuple(limits), budget=request.budget, seed=request.seed,
        digest="", notes=(note,) if note else (), asked_again=again, asked_at_most=at_most,
        sending=_sending(model, data, steps, again or 0),
    )  # fmt: skip
    return plan.model_copy(update={"digest": digest(plan)}), steps


def running(steps: Iterable[Step]) -> dict[str, type[Check]]:
    """{id: class} of the checks that are not skipped."""
    return {step.planned.check: step.kind for step in steps if step.planned.skipped is None}


def _asked_again(model: Model, data: AuditData) -> tuple[int | None, int | None]:
    """Rows that the control of the answers asks about: usually and at most; None where nobody is asked."""
    if Capability.QUERIES not in model.capabilities or data.task == "generation":
        return None, None
    if data.task in WITHOUT_LABELS:
        return 0, 0
    from auditkit.consistency import most_asked, usually_asked  # statistics, wanted only where a model is asked

    return usually_asked(len(data), model.batch), most_asked(len(data), model.batch)


def _sending(model: Model, data: AuditData, steps: Sequence[Step], asked_again: int) -> Sending | None:
    """What will leave the house, of a model that is asked over the network; None of any other."""
    if not isinstance(model, AskedAfar):
        return None
    from auditkit.consistency import ALONE  # as above

    asked = asked_again + sum(step.planned.calls or 0 for step in steps)
    return model.sending(data, asked, min(ALONE, len(data)))


def configured(kind: type[Any], budget: Budget, parameters: Mapping[str, Any]) -> Any:
    """A check or trainer with the budget's presets and the user's parameters over them."""
    values = {**kind.presets.get(budget, {}), **parameters}
    return parse(kind, values, f'[checks."{kind.id}"]' if issubclass(kind, Check) else f"[[train]] {kind.id}")


def with_offers(host: Host, check: Check) -> tuple[Check, dict[str, str]]:
    """The check with the rows of plugins that its parameters name, and {plugin: version} of those.

    Raises:
        ConfigError: no loaded plugin offers a name.
    """
    offers: dict[str, Offer] = {}
    if not isinstance(check, PluginRows):
        return check, {}
    for parameter, hook in check.rows_from.items():
        rows = host.rows(hook)
        for name in check.dotted(parameter):
            if name not in rows:
                blame = f" A plugin went wrong: {host.faults[0]}." if host.faults else ""
                raise ConfigError(
                    f'[checks."{check.id}"] {parameter}: no loaded plugin offers {name!r}; '
                    f"{closest(name, rows)}{'' if blame else '. Name the plugin under [audit] plugins'}{blame}"
                )
            offers[name] = rows[name]
    given = check.given(offers) if offers else check
    return given, {offer.plugin: offer.version for offer in offers.values()}


def missing_extra(kind: type[Any]) -> ErrorInfo | None:
    """Which optional package a check or trainer lacks; None where it has all."""
    for module, extra in kind.requires:
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            command = f"pip install '{DISTRIBUTION}[{extra}]'"
            message = f"the package {module.partition('.')[0]!r} is not installed"
            return ErrorInfo(kind="missing extra", type="MissingExtra", message=f"{message}; {command}", hint=command)
    return None


def seed_for(seed: int, name: str) -> int:
    """A seed for one named thing; adding another thing does not change it."""
    # a digest and not `hash`, which Python salts anew in every process
    words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype=np.uint32)
    return int(np.random.SeedSequence([seed, *map(int, words)]).generate_state(1)[0] >> 1)


def draw_rows(data: AuditData, rows: int, seed: int) -> np.ndarray:
    """(rows,) sorted positions: a random sample with every class and group in its share.

    Args:
        data: what to draw from.
        rows: how many; all of them where there are no more.
        seed: of the check.
    """
    total = len(data)
    if rows >= total:
        return np.arange(total)
    rng = np.random.default_rng(seed)
    order = rng.permutation(total)
    shuffled = _strata(data)[order]
    # every stratum spreads its rows evenly over [0, 1); the first `rows` of the whole then hold each in its share
    by_stratum = np.argsort(shuffled, kind="stable")
    counts = np.bincount(shuffled)
    del shuffled  # of millions of rows each of these columns is a tenth of a gigabyte
    rank = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    position = np.empty(total)
    position[by_stratum] = (rank + rng.random(total)) / np.repeat(counts, counts)
    del by_stratum, rank
    near = np.flatnonzero(position <= np.partition(position, rows - 1)[rows - 1])  # more than `rows` where some tie
    return np.sort(order[near[np.argsort(position[near], kind="stable")[:rows]]])


def _strata(data: AuditData) -> np.ndarray:
    """(N,) the combination of label and groups of each row, numbered from 0 in the order of their values."""
    strata = np.zeros(len(data), dtype=np.int64)
    labels = data.labels if data.task != "regression" else None
    for column in (*([] if labels is None else [labels]), *data.groups.values()):
        # texts and whole numbers are hashed, which is many times faster than to sort them
        kind = np.asarray(column).dtype.kind
        if kind == "U":
            codes = encode(column).codes.astype(np.int64)
        elif kind in "iub":
            codes = pandas.factorize(column, sort=True)[0]
        else:
            codes = np.unique(column, return_inverse=True)[1]
        strata = _dense(strata * (codes.max() + 1) + codes)
    return strata.astype(np.min_scalar_type(strata.max()))  # small numbers are sorted by radix


def _dense(numbers: np.ndarray) -> np.ndarray:
    """(N,) numbers from 0 without gaps, in the same order."""
    if numbers.max() > 4 * len(numbers):
        return np.unique(numbers, return_inverse=True)[1]
    is_used = np.bincount(numbers) > 0
    return (np.cumsum(is_used) - 1)[numbers]


def selected(host: Host, checks: Sequence[str | Check] | None, evidence: Collection[str] = ()) -> list[str]:
    """The ids of the checks that are asked for.

    Args:
        host: offers the checks.
        checks: families, ids, or Check instances; None: everything that is offered and has no `applies_when`.
        evidence: what the chosen rule packs name.

    Raises:
        ConfigError: a name is neither a check nor a family.
    """
    offers, faults = host.checks(), host.faults
    usual = [
        id
        for id, offer in offers.items()
        if not offer.value.applies_when or any(key == id or key.startswith(f"{id}.") for key in evidence)
    ]
    if checks is None:
        return sorted(usual)
    families = {id.partition(".")[0] for id in offers}
    chosen: list[str] = []
    for check in checks:
        if isinstance(check, Check):
            wrong = wrong_kind(type(check), Check)
            if wrong:
                raise ConfigError(f"checks: {class_name(check)}: {wrong}")
            chosen.append(check.id)
        elif check in offers:
            chosen.append(check)
        elif check in families:
            chosen += [id for id in usual if id.partition(".")[0] == check]
        else:
            blame = f" A plugin did not load: {faults[0]}." if faults else ""
            hint = closest(check, [*offers, *families])
            raise ConfigError(f"checks: {one_line(check)!r} is neither a check nor a family; {hint}{blame}")
    return list(dict.fromkeys(chosen))


def left_out(context: AuditContext) -> dict[str, str]:
    """{id: that `--only` leaves it out this time} of the checks that would run without it."""
    host, request = context.host, context.request
    if not request.only:
        return {}
    running = selected(host, request.only, context.evidence)
    usual = selected(host, request.checks, context.evidence)
    return {id: f"--only leaves out the check {id} this time" for id in usual if id not in running}


def _step(offer: Offer, check: Check, uses: dict[str, str], model: Model, data: AuditData) -> Step:
    error = skipped = None
    ways_out: tuple[str, ...] = ()
    # shown in the plan and written into it, though the rows are drawn only when the check runs
    rows = min(getattr(check, "rows", None) or len(data), len(data))
    calls: int | None = None
    try:
        with foreign(f"the plan of {check.id} for {model.name!r}"):
            refused = missing_needs(offer.value, model, data) or check.applies(model, data)
            skipped = None if refused is None else str(refused)
            ways_out = tuple(str(mend) for mend in refused.mends) if isinstance(refused, Refusal) else ()
            error = missing_extra(offer.value) if skipped is None else None
            calls = check.calls(model, data, rows) if skipped is None and error is None else None
    except Exception as fault:  # a plugin may raise anything at all
        error = ErrorInfo(kind="exception", type=class_name(fault), message=one_line(fault, 500))
    planned = PlannedCheck(
        check=check.id, plugin=offer.plugin, plugin_version=offer.version, parameters=check.model_dump(mode="json"),
        rows=rows, calls=calls, skipped=skipped, error=error, ways_out=ways_out, uses=uses,
    )  # fmt: skip
    return Step(planned, offer.value, check)
