"""Limits and waivers held against what there is, before anything is measured: a name that nobody offers is an error.

A check measures for everyone, for single groups, or for groups held together: whether it does for those whom a limit is
about is said here too.
"""

import contextlib
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.checks import Check, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import ConfigError, Mend, PluginError, Refusal, closest
from auditkit.foreign_code import foreign, raised
from auditkit.host import Offer
from auditkit.models import Model
from auditkit.results import Limit
from auditkit.results.value_range import ends
from auditkit.text import first_few, one_line
from auditkit.value_spelling import listed
from auditkit.variants import TO_REFERENCE


@dataclass(frozen=True)
class Asked:
    """A limit, and who would measure for it."""

    limit: Limit
    name: str
    """Of its measurement, without its check."""
    kind: Any
    """The class of the check or trainer."""
    intersections: int
    """The largest number of attributes that it looks at together."""
    reference: Collection[str] = ()
    """The attributes of which the owner names a reference group."""

    @property
    def of_groups(self) -> bool:
        """Whether single groups have the number, as the class says."""
        return self.name in (self.kind.for_groups or ())

    @property
    def compares(self) -> bool:
        """Whether it is one number over all groups of some attributes."""
        definition = self.kind.definitions.get(self.name)
        # a number that more groups can move either way may still be one group's own, as entropy is
        disparity = definition is not None and definition.more_groups != "neither" and not definition.only_groups
        return disparity or self.name in self.kind.over_groups


def _over_groups(question: Asked) -> str:
    limit = question.limit
    if limit.across and not question.compares:
        instead = 'write slice for one group, or groups = "each", in place of' if question.of_groups else "take away"
        return f"{limit.measurement} is no comparison of groups; {instead} across"
    if limit.slice and question.compares and not question.of_groups:
        attributes = ", ".join(f'"{name}"' for name in sorted(limit.slice))
        instead = f"write across = [{attributes}] in place of slice"
        return f"{limit.measurement} compares groups, so no number is about one; {instead}"
    return ""


def _of_groups(question: Asked) -> str:
    limit = question.limit
    if question.kind.for_groups is None or question.of_groups or question.compares or not (limit.slice or limit.groups):
        return ""
    return f"{limit.measurement} is measured for everyone alone; take {'slice' if limit.slice else 'groups'} away"


def _of_everyone(question: Asked) -> str:
    definition = question.kind.definitions.get(question.name)
    if not question.limit.everyone or definition is None or not definition.only_groups or question.compares:
        return ""
    return f"{question.limit.measurement} is measured for groups alone; take everyone away, and it is about all of them"


def _deep(question: Asked) -> str:
    """More attributes at once than the check looks at."""
    many, kind = len(question.limit.slice) or len(question.limit.across), question.kind
    if many <= question.intersections or kind.own_slices:
        return ""
    problem = f"it is about {many} attributes together, and {kind.id} looks at {question.intersections}"
    if "intersections" in kind.model_fields:
        return Refusal(problem, (Mend(f'checks."{kind.id}".intersections', many),))
    return f"{problem}; name {question.intersections} of them"


def _to_reference(question: Asked) -> str:
    limit = question.limit
    lacking = [name for name in (*limit.across, *limit.slice) if name not in question.reference]
    if not question.name.endswith(f"_{TO_REFERENCE}") or (question.reference and not lacking):
        return ""
    attribute = lacking[0] if lacking else "ATTRIBUTE"
    return f'{limit.measurement} needs a reference group; write reference = {{ {attribute} = "GROUP" }} under [data]'


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


def resolve(limits: Iterable[Limit], offered: Offered) -> None:
    """Raise ConfigError, one line for each limit, where a limit is about what nobody offers."""
    wrong = [(limit, problem) for limit in limits for problem in [_problem(limit, offered)] if problem]
    # one setting mends all limits that one selection of checks leaves out, so it is proposed once
    left_out = dict.fromkeys(id for limit, _ in wrong if (id := _left_out(limit, offered)))
    mends = [Mend("audit.checks", [*offered.asked, *left_out])] if left_out else []
    _refuse(wrong, [f"To measure what is left out: {mend}" for mend in mends], mends)


def resolve_for(model: Model, limits: Iterable[Limit], kinds: Mapping[str, type[Check]]) -> None:
    """Raise ConfigError where a limit is on a number for which the one model that is audited lacks an answer.

    Args:
        model: that was asked, so that it is known what it gives.
        limits: that were resolved.
        kinds: {id: class} of the checks that will run.
    """
    lacking = unanswered(model, kinds)
    _refuse([(limit, lacking[limit.measurement]) for limit in limits if limit.measurement in lacking])


def unanswered(model: Model, kinds: Mapping[str, type[Check]]) -> dict[str, str]:
    """{measurement: what the model does not give, in a sentence} of the numbers that its checks cannot measure so.

    Args:
        model: that was asked, so that it is known what it gives.
        kinds: {id: class} of the checks that run.
    """
    asks = {f"{id}.{name}": needed for id, kind in kinds.items() for name, needed in kind.asks.items()}
    return {
        name: f"{name} needs {' or '.join(sorted(needed))}, which this {model.kind} model does not give"
        for name, needed in asks.items()
        if not needed & frozenset(model.capabilities)
    }


def _refuse(wrong: Sequence[tuple[Limit, str]], more: Sequence[str] = (), mends: Sequence[Mend] = ()) -> None:
    """Say of every limit what is wrong with it, with all settings that would mend one."""
    if wrong:
        lines = [f"limit {one_line(limit.name)!r}: {problem}" for limit, problem in wrong]
        offered_mends = [mend for _, problem in wrong if isinstance(problem, Refusal) for mend in problem.mends]
        raise ConfigError("\n".join([*lines, *more]), mend=[*mends, *offered_mends])


def check_of(limit: Limit, checks: Collection[str]) -> str | None:
    """The id of the check that a limit names, itself or by one of its measurements."""
    return next((id for id in (limit.measurement, limit.measurement.rpartition(".")[0]) if id in checks), None)


def _left_out(limit: Limit, offered: Offered) -> str | None:
    """The check that a limit is about, where `[audit] checks` leaves it out."""
    id = check_of(limit, offered.checks)
    return None if id is None or id in offered.chosen or id.startswith("train.") else id


def _problem(limit: Limit, offered: Offered) -> str:
    id = check_of(limit, offered.checks)
    if id is None:
        # a plugin that did not load may have offered it; then the limit is not tested, which nobody overlooks
        return "" if offered.faults else _unknown_check(limit, offered)
    if id not in offered.chosen:
        return _not_chosen(id, offered)
    offer = offered.checks[id]
    # a plugin that says of which numbers single groups have their own has said whom it measures for
    declared = offer.plugin in offered.built_in or offer.value.for_groups is not None
    question = offered.question(limit, id)
    return (
        _unknown_measurement(limit, id, offer, offered)
        or _unknown_attribute(limit, offer, offered)
        or ((_over_groups(question) or _of_groups(question)) if declared else "")
        or ((_deep(question) or _to_reference(question)) if declared else "")
        or _of_everyone(question)
        or _out_of_range(question, offered.data.task)
        or _unknown_group(limit, offer, offered)
        or _unknown_condition(limit, offer)
        or _not_measured(limit, id, offered)
        or _measured_elsewhere(limit, id, offered)
    )


def _unknown_check(limit: Limit, offered: Offered) -> str:
    names = [
        f"{id}.{name}".rstrip(".") for id, offer in offered.checks.items() for name in (*offer.value.definitions, "")
    ]
    bare = limit.measurement.casefold()
    whole = [name for name in names if bare and name.casefold().endswith(f".{bare}")]
    if whole:  # the name of the number without that of its check
        return f"the name of its check is missing; write {first_few([*map(repr, whole)], NAMED, ' or ')}"
    hint = closest(limit.measurement, names)
    # no measurement is near; perhaps the name of the check is
    if hint.startswith("known"):
        hint = closest(limit.measurement.rpartition(".")[0] or limit.measurement, offered.checks)
    return f"no check measures {one_line(limit.measurement)!r}; {hint}"


def _not_chosen(id: str, offered: Offered) -> str:
    if id.startswith("train."):
        return f"it is about {id}, and no [[train]] asks for that trainer; add one with trainer = {id[6:]!r}"
    applies_when = offered.checks[id].value.applies_when
    why = f"it runs only where it is named ({applies_when})" if applies_when else "checks leaves it out"
    return f"it is about {id}, and {why}; add {id!r} to [audit] checks, or take the limit away"


def _unknown_measurement(limit: Limit, id: str, offer: Offer, offered: Offered) -> str:
    """A name that the check does not declare: an error where it declares all, or one that is nearly the same."""
    declared, name = offer.value.definitions, limit.measurement[len(id) + 1 :]
    if not name and len(declared) > 1 and offer.plugin in offered.built_in:
        first, *others = declared
        return (
            f"{id} has {len(declared)} measurements; name one of them: {id}.{first}, or {first_few(others, NAMED - 1)}"
        )
    if not name or not declared or name in declared:
        return ""
    if offer.plugin in offered.built_in or (not offer.value.of_function and _alike(name, declared)):
        return f"{id} has no measurement {one_line(name)!r}; {_meant(name, declared)}"
    return ""


def _meant(name: str, declared: Collection[str]) -> str:
    """What may have been meant: all that begin with the name, without what these begin, or the close match."""
    begun = [longer for longer in declared if longer.startswith(f"{name}_")]
    begun = [longer for longer in begun if not any(longer.startswith(f"{other}_") for other in begun)]
    return f"did you mean {' or '.join(map(repr, begun))}?" if begun else closest(name, declared)


def _unknown_attribute(limit: Limit, offer: Offer, offered: Offered) -> str:
    """An attribute that the data does not have; other plugins may have slices of their own."""
    is_known_to_have_none = offer.plugin in offered.built_in and not offer.value.own_slices
    if limit.groups and is_known_to_have_none and not offered.groups:
        return 'groups = "each" asks for every group, and the data names none; name group columns, or take groups away'
    for key, names in (("across", limit.across), ("slice", limit.slice)):
        for name in names:
            if tuple(names).count(name) > 1:
                return f"{key} names {one_line(name)!r} more than once; name every attribute once"
            if name not in offered.groups and (is_known_to_have_none or _alike(name, offered.groups)):
                hint = closest(name, offered.groups)
                return f"{key} names {one_line(name)!r}, which is no group column of the data; {hint}"
    return ""


def _out_of_range(question: Asked, task: str) -> str:
    """A bound that no number could miss, or none could meet: most often a share that is written in percent."""
    limit, definition = question.limit, question.kind.definitions.get(question.name)
    words = one_line(definition.range) if definition else ""
    least, most = ends(words, task)
    for key, bound in (("at_least", limit.at_least), ("at_most", limit.at_most)):
        if bound is not None and not least <= bound <= most:
            why = f"{key} = {bound:.12g} is outside of what {limit.measurement} can be ({words})"
            share = round(bound / 100, 12)
            if 2 <= abs(bound) <= 100 and least <= share <= most <= 2:
                return Refusal(why, (Mend(f"limits.{key}", share),))
            return f"{why}; write a number in that range, or take {key} away"
    return ""


def _unknown_group(limit: Limit, offer: Offer, offered: Offered) -> str:
    for name, value in limit.slice.items():
        values = offered.groups.get(name)
        if values is not None and value not in values and not offer.value.own_slices:
            return f"{name} has no group {one_line(value)!r} in the data; {closest(value, values)}"
    return ""


def _unknown_condition(limit: Limit, offer: Offer) -> str:
    known = offer.value.conditions
    unknown = next((name for name in limit.conditions if known is not None and name not in known), None)
    why = f"{limit.measurement} is measured under no condition {one_line(unknown)!r}"
    return "" if unknown is None else f"{why}; {closest(unknown, known or ())}"


def _not_measured(limit: Limit, id: str, offered: Offered) -> str:
    """A number that the check's parameters or the data leave out."""
    check = offered.configured.get(id)
    if not isinstance(check, Check):  # trainers measure all that they declare
        return ""
    with _blamed(id, "leaves_out must say why a number is left out, or nothing"):
        reason = check.leaves_out(offered.question(limit, id).name, offered.data)
    if isinstance(reason, Refusal):
        return Refusal(f"{limit.measurement} {reason.why}", reason.mends)
    return f"{limit.measurement} {reason}" if reason else ""


def _measured_elsewhere(limit: Limit, id: str, offered: Offered) -> str:
    """A condition of which the check's parameters have other values."""
    check, question = offered.configured.get(id), offered.question(limit, id)
    if not limit.conditions or not isinstance(check, Check):
        return ""
    of_groups = bool(limit.slice or limit.across or limit.groups) or question.compares
    # a number of groups may be measured at fewer values than that of everyone
    for groups in (False, True) if of_groups else (False,):  # first what is measured at all
        with _blamed(id, "measured_at must say at which values of conditions a number is measured"):
            known = check.measured_at(question.name, offered.data, groups)
        for condition, value in limit.conditions.items():
            if condition in known and value not in known[condition].values:
                return _at_another_value(limit, check, condition, known[condition])
    return ""


def _at_another_value(limit: Limit, check: Check, condition: str, known: MeasuredAt) -> str:
    if not known.values:
        return f"{limit.measurement} is measured at no {condition}; take it out of conditions"
    value = limit.conditions[condition]
    why = f"{limit.measurement} is not measured at {condition} = {value!r}, but at {listed(known.values)}"
    # only for words: that 0.1 is near 0.3 helps nobody
    hint = closest(str(value), map(str, known.values)) if isinstance(value, str) else ""
    why += f"; {hint}" if hint.startswith("did you mean") else ""
    if not known.parameter:
        return why
    setting = f'checks."{check.id}".{known.parameter}'
    if not known.several:
        return Refusal(why, (Mend(setting, value),))
    values = [*(getattr(check, known.parameter) or known.values), value]
    return Refusal(why, (Mend(setting, values if isinstance(value, str) else sorted(values)),))


@contextlib.contextmanager
def _blamed(id: str, must: str) -> Iterator[None]:
    """Whatever a plugin raises, its check is named."""
    try:
        with foreign(f"{id}, about its limits", needed=True):
            yield
    except Exception as error:  # a plugin may raise anything at all
        raise PluginError(f"{id}: {must}; it raised {raised(error)}") from error


def _alike(word: str, names: Iterable[str]) -> bool:
    return bool(difflib.get_close_matches(word, list(names), n=1, cutoff=ALIKE))
