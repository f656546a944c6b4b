"""Limits and waivers held against what there is, before anything is measured: a name that nobody offers is an error."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.data import AuditData
from auditkit.errors import ConfigError, Mend, PluginError, closest
from auditkit.host import Offer
from auditkit.results import Limit
from auditkit.run.whom import Asked, unmeasured_for
from auditkit.text import one_line

NAMED = 8
"""Measurements that a message names, at most."""

ALIKE = 0.8
"""How alike (difflib's ratio, 0 to 1) a name must be to one that a plugin declares, to be taken for a misspelling."""


@dataclass(frozen=True)
class Offered:
    """What limits may name."""

    checks: Mapping[str, Offer]
    """{id: offer} of every check that is loaded or was given as an object, and of `train.<id>` for every trainer."""
    chosen: Collection[str]
    """The checks that `[audit] checks` selects, whatever `--only` leaves of them; and trainers that were asked for."""
    data: AuditData
    configured: Mapping[str, Any]
    """{id: the check with its parameters} of those that are chosen."""
    built_in: Collection[str]
    """Names of auditkit's own plugins, which declare all that they measure."""
    faults: Collection[str] = ()
    """Plugins that did not load: what they would have offered, nobody knows."""
    asked: Sequence[str] = ()
    """Ids and families that say the same as `[audit] checks`."""

    @property
    def groups(self) -> Mapping[str, Collection[str]]:
        """{attribute: its values} of the data."""
        return self.data.cells.values

    def question(self, limit: Limit, id: str) -> Asked:
        """What a limit asks of the check or trainer that it is about."""
        kind, check = self.checks[id].value, self.configured.get(id)
        name = limit.measurement[len(id) + 1 :] or (next(iter(kind.definitions)) if len(kind.definitions) == 1 else "")
        return Asked(limit, name, kind, getattr(check, "intersections", 1), tuple(self.data.reference or ()))


def resolve(limits: Iterable[Limit], there: Offered) -> None:
    """Raise ConfigError, one line for each limit, where a limit is about what nobody offers."""
    wrong = [(limit, problem) for limit in limits for problem in [_problem(limit, there)] if problem]
    if not wrong:
        return
    lines = [f"limit {one_line(limit.name)!r}: {problem}" for limit, problem in wrong]
    left_out = dict.fromkeys(id for limit, _ in wrong if (id := _left_out(limit, there)))
    mends = [Mend("audit.checks", [*there.asked, *left_out])] if left_out else []
    raise ConfigError("\n".join([*lines, *(f"To measure what is left out: {mend}" for mend in mends)]), mend=mends)


def check_of(limit: Limit, checks: Collection[str]) -> str | None:
    """The id of the check that a limit names, itself or by one of its measurements."""
    return next((id for id in (limit.measurement, limit.measurement.rpartition(".")[0]) if id in checks), None)


def _left_out(limit: Limit, there: Offered) -> str | None:
    """The check that a limit is about, where `[audit] checks` leaves it out."""
    id = check_of(limit, there.checks)
    return None if id is None or id in there.chosen or id.startswith("train.") else id


def _problem(limit: Limit, there: Offered) -> str:
    id = check_of(limit, there.checks)
    if id is None:
        return "" if there.faults else _unknown_check(limit, there)
    if id not in there.chosen:
        return _not_chosen(id, there)
    offer, declared = there.checks[id], there.checks[id].plugin in there.built_in
    problem = _unknown_measurement(limit, id, offer, there) or _unknown_attribute(limit, offer, there)
    problem = problem or unmeasured_for(there.question(limit, id), declared) or _unknown_group(limit, offer, there)
    return problem or _unknown_condition(limit, offer) or _not_measured(limit, id, there)


def _unknown_check(limit: Limit, there: Offered) -> str:
    names = [f"{id}.{name}" for id, offer in there.checks.items() for name in (*offer.value.definitions, "")]
    hint = closest(limit.measurement, [name.rstrip(".") for name in names])
    if hint.startswith("known"):
        hint = closest(limit.measurement.rpartition(".")[0] or limit.measurement, there.checks)
    return f"no check measures {one_line(limit.measurement)!r}; {hint}"


def _not_chosen(id: str, there: Offered) -> str:
    if id.startswith("train."):
        return f"it is about {id}, and no [[train]] asks for that trainer; add one with trainer = {id[6:]!r}"
    applies_when = there.checks[id].value.applies_when
    why = f"it runs only where it is named ({applies_when})" if applies_when else "checks leaves it out"
    return f"it is about {id}, and {why}; add {id!r} to [audit] checks, or take the limit away"


def _unknown_measurement(limit: Limit, id: str, offer: Offer, there: Offered) -> str:
    """A name that the check does not declare: an error where it declares all, or one that is nearly the same."""
    declared, wanted = offer.value.definitions, limit.measurement[len(id) + 1 :]
    if not wanted and len(declared) > 1 and offer.plugin in there.built_in:
        more = f" and {len(declared) - NAMED} more" if len(declared) > NAMED else ""
        return f"{id} has {len(declared)} measurements; name one of them: {id}.{next(iter(declared))}, or " + (
            f"{', '.join([*declared][1:NAMED])}{more}"
        )
    if not wanted or not declared or wanted in declared:
        return ""
    if offer.plugin in there.built_in or (not offer.value.of_function and _alike(wanted, declared)):
        return f"{id} has no measurement {one_line(wanted)!r}; {closest(wanted, declared)}"
    return ""


def _unknown_attribute(limit: Limit, offer: Offer, there: Offered) -> str:
    """An attribute that the data does not have; other plugins may have slices of their own."""
    own = offer.plugin in there.built_in and not offer.value.own_slices
    for key, names in (("across", limit.across), ("slice", limit.slice)):
        for name in names:
            if name not in there.groups and (own or _alike(name, there.groups)):
                hint = closest(name, there.groups)
                return f"{key} names {one_line(name)!r}, which is no group column of the data; {hint}"
    return ""


def _unknown_group(limit: Limit, offer: Offer, there: Offered) -> str:
    for name, value in limit.slice.items():
        values = there.groups.get(name)
        if values is not None and value not in values and not offer.value.own_slices:
            return f"{name} has no group {one_line(value)!r} in the data; {closest(value, values)}"
    return ""


def _unknown_condition(limit: Limit, offer: Offer) -> str:
    known = offer.value.conditions
    unknown = [name for name in limit.conditions if known is not None and name not in known]
    if not unknown:
        return ""
    hint = closest(unknown[0], known or ())
    return f"{limit.measurement} is measured under no condition {one_line(unknown[0])!r}; {hint}"


def _not_measured(limit: Limit, id: str, there: Offered) -> str:
    """A number that the check's parameters or the data leave out."""
    check = there.configured.get(id)
    try:
        reason = check.leaves_out(there.question(limit, id).name, there.data) if check is not None else ""
    except Exception as error:  # a plugin may raise anything at all
        fault = f"{type(error).__name__}: {one_line(error, 200)}"
        raise PluginError(
            f"{id}: leaves_out must say why a number is left out, or nothing; it raised {fault}"
        ) from error
    return f"{limit.measurement} {reason}" if reason else ""


def _alike(word: str, names: Iterable[str]) -> bool:
    return bool(difflib.get_close_matches(word, list(names), n=1, cutoff=ALIKE))
