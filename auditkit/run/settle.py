"""What is settled before the model is asked: limits have their names, are about what there is, and say about whom."""

import dataclasses
from collections.abc import Sequence

from auditkit.checks import Check, runs_on_counts
from auditkit.errors import ConfigError, Mend
from auditkit.host import Host, Offer
from auditkit.judge import check_names, scope_of, with_names
from auditkit.results import Limit
from auditkit.run.context import AuditContext
from auditkit.run.plan import configured, selected
from auditkit.run.resolve import Offered, check_of, resolve
from auditkit.text import one_line


def settled(context: AuditContext) -> AuditContext:
    """The same audit with limits that are named, resolved and scoped.

    Raises:
        ConfigError: two limits share a name, a waiver names no limit, a limit is about what nobody offers, a check was
            named that cannot run on counts of a file, or rows are to be shown in evidence that is published.
    """
    data, request = context.data, context.request
    if data.streamed:
        refuse_uncounted(context.host, (*(request.checks or ()), *request.only), data.streamed, data.size)
    if data.disclosure == "publish" and request.include_rows:
        mend = Mend("audit.include_rows", False)
        raise ConfigError(
            'include_rows shows single rows, which [data] disclosure = "publish" forbids; leave one out, or say '
            f"{mend}",
            mend=mend,
        )
    limits = with_names(request.limits)
    check_names(limits, request.waivers)
    offered = _offered(context)
    resolve(limits, offered)
    scoped = tuple(limit.model_copy(update={"scope": _scope(limit, offered)}) for limit in limits)
    return dataclasses.replace(context, request=dataclasses.replace(request, limits=scoped))


def _offered(context: AuditContext) -> Offered:
    host, request, evidence = context.host, context.request, context.evidence
    instances = [check for check in (*(request.checks or ()), *request.only) if isinstance(check, Check)]
    checks = {check.id: Offer(type(check), "object", "object") for check in instances} | host.checks()
    # what `--only` leaves out this time is still chosen: a limit on it is not tested, no error
    chosen = {*selected(host, request.checks, evidence), *selected(host, request.only, evidence)}
    ready = {check.id: check for check in instances}
    return Offered(
        checks=checks | {f"train.{id}": offer for id, offer in host.trainers().items()},
        chosen=chosen | {f"train.{table.get('trainer', '')}" for table in context.train},
        data=context.data,
        configured={
            id: ready.get(id) or configured(checks[id].value, request.budget, request.parameters.get(id, {}))
            for id in chosen
        },
        built_in={plugin.name for plugin in host.seen if plugin.source == "built-in"},
        faults=host.faults,
        asked=_names(context),
    )


def _names(context: AuditContext) -> list[str]:
    """What `[audit] checks` says, or the families that it stands for where it says nothing."""
    if context.request.checks is None:
        return sorted({id.partition(".")[0] for id in selected(context.host, None, context.evidence)})
    return [check.id if isinstance(check, Check) else check for check in context.request.checks]


def _scope(limit: Limit, offered: Offered) -> str:
    id = check_of(limit, offered.checks)
    groups = sum(len(values) for values in offered.groups.values())
    if id is None:
        return scope_of(limit, None, groups)
    kind, question = offered.checks[id].value, offered.question(limit, id)
    if kind.own_slices:
        groups = 0  # the slices that it will find are not the groups of the data
    deep = question.intersections > 1 and len(offered.groups) > 1
    return scope_of(limit, kind.definitions.get(question.name), groups, deep=deep, compares=question.compares)


def refuse_uncounted(host: Host, names: Sequence[str | Check], reason: str, people: int | None) -> None:
    """Refuse a check that was named, or a family of which no check can run on counts; those of a family are skipped.

    Args:
        host: offers the checks.
        names: families, ids and Check instances, as under `[audit] checks` and `--only`.
        reason: why people are counted in a stream.
        people: how many there are; None where nobody knows before the file is read.

    Raises:
        ConfigError: such a check was named, or a name is neither a check nor a family.
    """
    offers = host.checks()
    for name in names:
        kinds = [type(name)] if isinstance(name, Check) else [offers[id].value for id in selected(host, [name])]
        if any(runs_on_counts(kind, people) for kind in kinds):
            continue
        known = one_line(name.id if isinstance(name, Check) else name)
        subject = known if isinstance(name, Check) or name in offers else f"every check of {known}"
        mend = Mend("data.stream", False)
        raise ConfigError(
            f"checks: {subject} needs a row for each person, and {reason}. Take the name out of [audit] checks and "
            f"--only, or say {mend} to read a single file into memory",
            mend=mend,
        )
