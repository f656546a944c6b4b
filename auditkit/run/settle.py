"""What is settled before the model is asked: limits have their names, are about what there is, and say about whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from auditkit.checks import Check
from auditkit.data import AuditData
from auditkit.host import Host, Offer
from auditkit.judge import check_names, scope_of, with_names
from auditkit.results import Limit
from auditkit.run.plan import configured, selected
from auditkit.run.request import Request
from auditkit.run.resolve import Offered, check_of, resolve
from auditkit.run.streamable import Counted, refuse_uncounted


def settled(
    host: Host, data: AuditData, request: Request, evidence: Collection[str], train: Sequence[Mapping[str, Any]] = ()
) -> Request:
    """The request with limits that are named, resolved and scoped.

    Args:
        host: whose plugins are loaded.
        data: the audit data, for its groups.
        request: what was asked for.
        evidence: what the chosen rule packs name.
        train: the trainers that were asked for.

    Raises:
        ConfigError: two limits share a name, a waiver names no limit, a limit is about what nobody offers, or a check
            was named that cannot run on counts of a file.
    """
    if data.streamed:
        refuse_uncounted(host, (*(request.checks or ()), *request.only), Counted(data.streamed, data.size))
    limits = with_names(request.limits)
    check_names(limits, request.waivers)
    there = _offered(host, data, request, evidence, train)
    resolve(limits, there)
    scoped = [limit.model_copy(update={"scope": _scope(limit, there)}) for limit in limits]
    return dataclasses.replace(request, limits=tuple(scoped))


def _offered(
    host: Host, data: AuditData, request: Request, evidence: Collection[str], train: Sequence[Mapping[str, Any]]
) -> Offered:
    asked = [check for check in (*(request.checks or ()), *request.only) if isinstance(check, Check)]
    checks = {check.id: Offer(type(check), "object", "object") for check in asked} | host.checks()
    chosen = {*selected(host, request.checks, evidence), *selected(host, request.only, evidence)}
    ready = {check.id: check for check in asked}
    return Offered(
        checks=checks | {f"train.{id}": offer for id, offer in host.trainers().items()},
        chosen=chosen | {f"train.{table.get('trainer', '')}" for table in train},
        data=data,
        configured={
            id: ready.get(id) or configured(checks[id].value, request.budget, request.parameters.get(id, {}))
            for id in chosen
        },
        built_in={seen.name for seen in host.seen if seen.source == "built-in"},
        faults=host.faults,
        asked=_names(host, request, evidence),
    )


def _names(host: Host, request: Request, evidence: Collection[str]) -> list[str]:
    """What `[audit] checks` says, or the families that it stands for where it says nothing."""
    if request.checks is None:
        return sorted({id.partition(".")[0] for id in selected(host, None, evidence)})
    return [each.id if isinstance(each, Check) else each for each in request.checks]


def _scope(limit: Limit, there: Offered) -> str:
    id = check_of(limit, there.checks)
    groups = sum(len(values) for values in there.groups.values())
    if id is None:
        return scope_of(limit, None, groups)
    kind, asked = there.checks[id].value, there.question(limit, id)
    if kind.own_slices:
        groups = 0  # the slices that it will find are not the groups of the data
    deep = asked.intersections > 1 and len(there.groups) > 1
    return scope_of(limit, kind.definitions.get(asked.name), groups, deep=deep, compares=asked.compares)
