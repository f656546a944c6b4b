"""About which groups numbers may be published that are made of more than counts: of scores, predictions, attacks.

Such a number is published about a group of which every count is. Where it is itself a count, as a share of people is,
no table of counts protects it: then it is published about all groups of some attributes or about none, and only where
each of its counts and their complements are enough people. The people of a group that is left alone would follow by
subtraction. A sum that is no count, as a mean score is, follows for no group whose people do not.

Further counts, of other divisions of people than by label and decision (at another threshold, at the top of a list, in
a slice), are tied to no table, and each bounds the counts that are. So they are published only where no count of people
is kept back at all, and with it nothing that they could tell of; and where they are enough people themselves.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from auditkit.results import Measurement

if TYPE_CHECKING:
    from auditkit.run.publishable_counts import People  # loads scipy

NEAR: Final = 1e-6
"""By how much a share times its n may miss a whole number."""
Family: TypeAlias = tuple[frozenset[str], frozenset[tuple[str, object]], str]
"""The attributes, the conditions and the name that numbers about several groups share."""


class OpenGroups:
    """Which numbers of a check about groups, made of more than counts, may be published.

    Args:
        people: the counts, and which of them may be published.
        model: the position of the model.
        measurements: of one check, those that are made of more than counts.
        sampled: whether the check looked at some of the rows; how many of a sample are in a group is no secret of it.
        further: measurements of the same check that are made of further counts.
    """

    def __init__(
        self, people: "People", model: int, measurements: Iterable[Measurement], sampled: bool,
        further: Iterable[Measurement] = (),
    ) -> None:  # fmt: skip
        self.people, self._model, self._sampled = people, model, sampled
        self._few = {_family(measured)[:2] for measured in further if not measured.across and self._is_few(measured)}
        families: dict[Family, list[Measurement]] = {}
        for measured in measurements:
            if measured.slice:
                families.setdefault(_family(measured), []).append(measured)
        self._closed = {family for family, members in families.items() if self._gives_away(members)}

    def may(self, measured: Measurement) -> bool:
        """Whether a number about one group, or a disparity, may be published."""
        people = self.people
        if measured.across:
            # a disparity over attributes follows from the rates of their groups, so it is open only where all of
            # these are
            attributes, conditions, _ = _family(measured)
            compared = people.compared(measured, "people", self._model)
            return (
                not measured.slice
                and all(people.every_count(group, self._model) is not None for group in compared)
                and not any(closed[:2] == (attributes, conditions) for closed in self._closed)
                and not any(0 <= count < people.minimum for count in _own_counts(measured))
            )
        is_uniform = any(count == 0 for count in _own_counts(measured))  # it says the same of each of them
        is_shown = people.every_count(measured.slice, self._model) is not None
        return is_shown and not is_uniform and _family(measured) not in self._closed

    def may_further(self, measured: Measurement) -> bool:
        """Whether a number that is made of further counts may be published: of all groups or of none."""
        return self.people.all_open and _family(measured)[:2] not in self._few and not self._is_few(measured)

    def _is_few(self, measured: Measurement) -> bool:
        """Whether one of the further counts in a number, or its complement, is of few people, or is not known."""
        ends = [end for pair in measured.pairs for end in (pair.low, pair.high)]
        shares = [(end.count, end.n) for end in ends if end.n is not None and end.count is not None]
        counts: list[float] = [number for count, n in shares for number in (count, n - count)]
        if measured.slice:
            known = {name: value for name, value in measured.slice.items() if name in self.people.data.groups}
            if measured.value is None or (known and self.people.every_count(known, self._model) is None):
                return True
            if measured.unit == "share" and measured.n:
                hits = measured.value * measured.n
                counts += [hits, measured.n - hits]
                # at the top of a list the share is of the places, and the rest of the group is elsewhere
                counts += [self.people.size_of(known) - hits] if known == measured.slice else []
        elif not measured.across and measured.unit == "share":
            if measured.value is None or not measured.n:
                return True
            counts += [measured.value * measured.n, measured.n * (1 - measured.value)]
        return any(count < self.people.minimum - NEAR for count in counts)

    def _gives_away(self, members: list[Measurement]) -> bool:
        """Whether some numbers are counts of which one of few people follows."""
        people, has_new, has_few, are_counts = self.people, False, False, True
        for measured in members:
            open_counts = people.every_count(measured.slice, self._model)
            if open_counts is None or measured.value is None:
                has_few = True
                continue
            counts = self._counts(measured)
            closed = [count for count in counts if count not in open_counts]
            # a mean over a few neighbours is a whole number of people by chance in some groups, a count is in all
            are_counts &= bool(counts)
            has_new |= bool(closed)
            has_few |= any(count < people.minimum for count in closed)
        listed = {tuple(sorted(measured.slice.items())) for measured in members}
        present = {tuple(sorted(group.items())) for group in people.groups(tuple(members[0].slice))}
        return are_counts and has_new and (has_few or not present <= listed)

    def _counts(self, measured: Measurement) -> list[int]:
        """What a number counts of a group: its hits and the others; of a whole group also those it is not about."""
        counts, size = _own_counts(measured), self.people.size_of(measured.slice)
        of_sample = self._sampled and measured.unit == "share"
        if measured.n is not None and measured.n != size and not of_sample:
            counts += [measured.n, *([size - measured.n] if size > measured.n else [])]
        return counts


def _family(measured: Measurement) -> Family:
    return frozenset(measured.slice or measured.across), frozenset(measured.conditions.items()), measured.name


def _own_counts(measured: Measurement) -> list[int]:
    """The hits of a share of people and the others; none where a number is no such share."""
    if measured.unit != "share" or measured.value is None or not measured.n:
        return []
    hits = abs(measured.value) * measured.n
    is_count = abs(hits - round(hits)) < NEAR * max(1, measured.n)
    return [round(hits), measured.n - round(hits)] if is_count else []
