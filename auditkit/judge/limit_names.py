"""The names of limits: given, or made from measurement and scope."""

from collections.abc import Iterable, Mapping, Sequence

from auditkit.errors import ConfigError, closest
from auditkit.results import Limit, Waiver, pairs


def with_names(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """The limits, each with a name; of several about the same numbers, the later ones are counted: `… (2)`.

    A made name depends neither on the bound nor on other limits, so that it stays the same where those change.
    """
    limits = tuple(limits)
    taken = {limit.name for limit in limits if limit.name.strip()}
    named = []
    for limit in limits:
        if not limit.name.strip():
            made = unused = made_name(limit)
            count = 1
            while unused in taken:
                count += 1
                unused = f"{made} ({count})"
            taken.add(unused)
            limit = limit.model_copy(update={"name": unused})
        named.append(limit)
    return tuple(named)


def made_name(limit: Limit) -> str:
    """`performance.quality.accuracy for each group`, `fairness.groups.demographic_parity_ratio over sex`."""
    group = " for each group" if limit.groups else f" for {_sorted(limit.slice)}" if limit.slice else ""
    across = f" over {' and '.join(sorted(limit.across))}" if limit.across else ""
    conditions = f" with {_sorted(limit.conditions)}" if limit.conditions else ""
    return limit.measurement + group + across + conditions


def check_names(limits: Sequence[Limit], waivers: Sequence[Waiver]) -> None:
    """Raise ConfigError where two limits share a name or a waiver names no limit; before anything is measured."""
    names = [limit.name for limit in limits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"limits: every name must be used once; {twice[0]!r} is used {names.count(twice[0])} times")
    for waiver in waivers:
        if waiver.limit not in names:
            raise ConfigError(f"waivers: {waiver.limit!r} is not the name of a limit; {closest(waiver.limit, names)}")


def _sorted(mapping: Mapping[str, object]) -> str:
    return pairs(dict(sorted(mapping.items())))
