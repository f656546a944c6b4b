"""The same disparity beside the first: among large groups alone, and against a group that the owner names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from auditkit.data import AuditData
from auditkit.results import Definition, Measurement
from auditkit.text import number_of, within_sentence
from auditkit.too_few import two_groups

Group: TypeAlias = dict[str, str]
Again: TypeAlias = Callable[[Sequence[Group], Group | None], Sequence[Measurement]]
"""The same measurements, in the same order, over these groups alone; with a group, against that one alone."""

LARGE: Final = 0.02
"""The share of all people that a large group has at least."""
AMONG_LARGE, TO_REFERENCE = "large_groups", "to_reference"
"""How numbers end that stand beside a disparity, so that a limit on the first number is about none of them."""
WORDS: Final = {
    AMONG_LARGE: "among groups of at least 2 % of the people",
    TO_REFERENCE: "against the reference group",
}
"""What they are taken over, by the end of their names."""


def defined(
    definitions: Mapping[str, Definition], names: Iterable[str] | None = None, endings: Iterable[str] = tuple(WORDS)
) -> dict[str, Definition]:
    """The definitions, and those of the numbers beside some of them.

    Args:
        definitions: {measurement: definition}.
        names: the disparities that have numbers beside them; None: those that one more group can move one way only.
        endings: which numbers those are.
    """
    disparities = (
        [name for name, definition in definitions.items() if definition.more_groups != "neither"]
        if names is None
        else names
    )
    variants_too = dict(definitions)
    for ending in endings:
        for name in disparities:
            first = definitions[name]
            sentence = f"as {within_sentence(first.title)}, {WORDS[ending]}; without a test"
            changed: dict[str, Any] = {"title": f"{first.title}, {WORDS[ending]}", "formula": sentence}
            if ending == TO_REFERENCE and first.only_groups:  # two groups, whatever the others are
                changed |= {"more_groups": "neither", "range": "0 or more"}
            variants_too[f"{name}_{ending}"] = first.model_copy(update=changed)
    return variants_too


def named(*names: str) -> tuple[str, ...]:
    """The names of disparities, and of the numbers beside them."""
    return (*names, *(f"{name}_{ending}" for ending in WORDS for name in names))


def variants(
    disparities: Sequence[Measurement], parts: Sequence[Sequence[Group]], again: Again | None, data: AuditData
) -> list[Measurement]:
    """The numbers beside some disparities, with intervals and without tests.

    Args:
        disparities: disparities over the same groups, such as a difference and a ratio.
        parts: for each rate that they compare, the groups that have it; one of them for most.
        again: measures them over some of the groups; None: there is nothing to measure, whatever the groups.
        data: says how many people a group has, and which group is the reference.
    """
    return [*among_large(disparities, parts, again, data), *_to_reference(disparities, parts, again, data)]


def among_large(
    disparities: Sequence[Measurement], parts: Sequence[Sequence[Group]], again: Again | None, data: AuditData
) -> list[Measurement]:
    """The disparities among groups of at least 2 % of all people; arguments as of `variants`."""
    every = [
        *_distinct_groups(parts),
        *(lacking.slice for measurement in disparities[:1] for lacking in measurement.left_out),
    ]
    large = [[group for group in part if is_large(group, data)] for part in parts]
    measurements: Sequence[Measurement] = disparities
    # where every group is large the first number is this number too, and is not measured again
    if again is not None and large != [list(part) for part in parts]:
        few = two_groups([f"at least {LARGE:.0%} of the people"])
        groups = _distinct_groups(filter(is_comparable, large))
        measurements = again(groups, None) if groups else [_undefined(measurement, few) for measurement in disparities]
    note = _smaller(every, data)
    return [
        _under_own_name(measurement, AMONG_LARGE, note, lambda group: is_large(group, data))
        for measurement in measurements
    ]


def is_comparable(groups: Sequence[Group], reference: Group | None = None) -> bool:
    """Whether two groups have a rate, the reference group among them where there is one.

    What compares several rates is taken over those that can be compared, and bounds the number over all.
    """
    return len(groups) > 1 and (reference is None or reference in groups)


def is_large(group: Group, data: AuditData) -> bool:
    """Whether a group has at least 2 % of all people."""
    return data.cells.people(group) >= LARGE * data.cells.size


def reference_of(attributes: Sequence[str], data: AuditData) -> Group | None:
    """The reference group of some attributes; None where the owner names none for each of them."""
    named = data.reference and set(attributes) <= set(data.reference)
    return {name: data.reference[name] for name in attributes} if named else None


def _to_reference(
    disparities: Sequence[Measurement], parts: Sequence[Sequence[Group]], again: Again | None, data: AuditData
) -> list[Measurement]:
    group = reference_of(disparities[0].across, data) if disparities else None
    if group is None:
        return []
    measurements: Sequence[Measurement] = disparities
    compared = [part for part in parts if is_comparable(part, group)]
    if again is not None and all(group not in part for part in parts):
        lacking = (group_left_out.reason for group_left_out in disparities[0].left_out if group_left_out.slice == group)
        why = f"the reference group cannot be compared: {next(lacking, 'it has no number')}"
        measurements = [_undefined(measurement, why) for measurement in disparities]
    elif again is not None and compared and (len(compared) < len(parts) or max(map(len, parts)) > 2):
        # two groups alone are compared with each other anyway
        measurements = again(_distinct_groups(compared), group)
    return [_under_own_name(measurement, TO_REFERENCE) for measurement in measurements]


def _distinct_groups(parts: Iterable[Sequence[Group]]) -> list[Group]:
    """Every group that some part has."""
    return [*{tuple(group.items()): group for part in parts for group in part}.values()]


def _undefined(measurement: Measurement, why: str) -> Measurement:
    nothing = {"value": None, "interval": None, "n": None, "pairs": (), "exact": False}
    return measurement.model_copy(update={**nothing, "reason": why, "validity": "inconclusive"})


def _under_own_name(
    measurement: Measurement, ending: str, note: str | None = None, counts: Callable[[Group], bool] | None = None
) -> Measurement:
    """A number under a name of its own, without a test, about the groups that count."""
    lacking = tuple(group for group in measurement.left_out if counts is None or counts(group.slice))
    reason = "; ".join(filter(None, (measurement.reason, note if measurement.value is not None else None))) or None
    return measurement.model_copy(
        update={
            "name": f"{measurement.name}_{ending}", "reason": reason, "left_out": lacking,
            "test": None, "detectable": None,
        }
    )  # fmt: skip


def _smaller(groups: Sequence[Group], data: AuditData) -> str | None:
    """How many groups are too small for this number, and how many people they are where all of them are shown."""
    small = [
        group for group in _distinct_groups([groups]) if data.cells.people(group) > 0 and not is_large(group, data)
    ]
    if not small:
        return None
    size = f"of under {LARGE:.0%} of the people"
    # how many people they are together would give the one that is not shown away
    people = number_of(sum(map(data.cells.people, small)), "person", "people")
    together = "" if any(map(data.cells.unshown, small)) else f", {people}{' together' * (len(small) > 1)}"
    return f"without {number_of(len(small), f'group {size}', f'groups {size} each')}{together}"
