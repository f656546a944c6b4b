"""The rule for evidence that leaves the house: no count under `minimum_cell` can be worked out from the folder.

A number is written where its definition says which counts it is made of and all of these may be published, or that it
is about everyone and tells nothing of a group. All else is withheld: numbers, and figures, tables, notes and values of
controls that are not made of such numbers alone.
"""

import itertools
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from auditkit.results import (
    CheckResult,
    Control,
    DataInfo,
    Definition,
    Figure,
    GroupInfo,
    LeftOut,
    Measurement,
    Table,
    digest,
)
from auditkit.run.internal_rule import withheld
from auditkit.run.open_groups import OpenGroups
from auditkit.too_few import FEWER, fewer_than
from auditkit.value_spelling import listed

if TYPE_CHECKING:
    from auditkit.run.publishable_counts import People  # loads scipy

EVERYONE: Final = "everyone"
"""A number that is made of more than counts: see `Definition.made_of`."""
FURTHER: Final = "further"
"""A number that is made of other counts of people than these: see `Definition.made_of`."""
OTHERS: Final = "others"
"""A number of one group that is held against the other groups of the same attributes."""
REASON: Final = f"withheld, so that no count of {fewer_than('{}', 'people')} can be worked out"
UNTIED: Final = ": it is made of more than the counts by group, label and decision that are kept safe"
"""Why a number of a check has none here, whatever the groups: see `Definition.made_of`."""
NOTES: Final = 'Notes, and figures and tables of other counts, are withheld (disclosure = "publish").'
NOBODY: Final = re.compile(r"\bno (people|false positives)\b")
"""A count of 0, which is protected as every other one of few."""
FEW_MISSING: Final = re.compile(r"(, )?few missing")
NUMBER: Final = re.compile(rf"({FEWER} (?=\d+ )|(?:under|at least) (?=2 ?% of the people))?(\d[\d.,]*)")


class Publish:
    """Nothing is written from which a small count could be worked out.

    Args:
        people: the counts and which of them may be published; None: nothing that a check measured may.
        least: `minimum_rate`, which may be told, as `minimum` may; None: as `minimum`.
        model: the position of the model among those whose decisions they hold.
    """

    def __init__(self, people: "People | None", minimum: int, least: int | None = None, model: int = 0) -> None:
        self._people, self._minimum, self._model = people, minimum, model
        self._least = minimum if least is None else least
        self._settings = frozenset({minimum, self._least})
        self._reason = REASON.format(minimum)
        self._lacking = frozenset() if people is None else people.hidden_missing
        self._names = () if people is None else class_names(people.data.classes)

    def check(self, result: CheckResult) -> CheckResult:
        """A check's result without what may not be published."""
        groups = self._open_groups(result)
        measurements = tuple(
            self._measurement(measurement, result.definitions, groups) for measurement in result.measurements
        )
        measurements = without_sums(result.measurements, measurements, self._reason)
        error = result.error and result.error.model_copy(
            update={"message": self.text(result.error.message), "hint": self.text(result.error.hint), "traceback": ()}
        )
        withheld = {measurement.name for measurement in measurements if measurement.value is None}
        return result.model_copy(
            update={
                "measurements": measurements, "together": (),
                "figures": tuple(figure for figure in result.figures if self._drawn(figure, result, withheld)),
                "tables": tuple(table for table in result.tables if self._tabled(table)),
                "controls": tuple(map(self._control, result.controls)),
                "notes": (NOTES,) if result.status == "measured" else (),
                "rows": None, "error": error, "reason": result.reason and self.text(result.reason),
            }
        )  # fmt: skip

    def data(self, info: DataInfo, results: Sequence[CheckResult]) -> DataInfo:
        """The description without counts of people that may not be published, in its notes too."""
        names = {group.attribute for group in info.groups}
        features = (
            feature.model_copy(update={"missing": None, "detail": FEW_MISSING.sub("", feature.detail)})
            if self._people is None
            or feature.name in names
            or self._few(feature.missing, info.rows)
            or feature.missing in self._lacking
            else feature
            for feature in info.features
        )
        return info.model_copy(
            update={
                "groups": tuple(self._group(group) for group in info.groups),
                "features": tuple(features),
                "notes": tuple(self._note(note, info.rows) for note in info.notes),
            }
        )

    def _note(self, note: str, rows: int) -> str:
        """A note of the data: its numbers where it names no sensitive attribute, nor a group, and none is of few."""
        if self._people is None or self._people.is_named(note):
            return self.text(note)
        numbers = {number for number in map(_whole, NUMBER.findall(note)) if number is not None}
        few = {number for number in numbers if self._few(number, rows) or number in self._lacking}
        return numberless(note, self._settings, numbers - few, self._names)

    def text(self, text: str) -> str:
        """What a check or an error says, without its numbers; the two minima and names of classes stay."""
        return numberless(NOBODY.sub(fewer_than(self._least, r"\1"), text), self._settings, names=self._names)

    @property
    def choice(self) -> str:
        """Of the counts, which are kept back: that depends on all models, and on what is intersected."""
        return digest([] if self._people is None else self._people.kept_back.tolist())

    def _group(self, group: GroupInfo) -> GroupInfo:
        counts = self._people.counts({group.attribute: group.value}, "people") if self._people is not None else None
        return group.model_copy(
            update={"rows": counts[0] if counts else None, "hidden": None if counts else self._reason}
        )

    def _open_groups(self, result: CheckResult) -> OpenGroups | None:
        if self._people is None:
            return None
        words = {name: definition.made_of for name, definition in result.definitions.items()}
        sampled = result.rows is not None and result.rows.used < result.rows.total
        measurements, further = (
            [measurement for measurement in result.measurements if words.get(measurement.name) == word]
            for word in (EVERYONE, FURTHER)
        )
        return OpenGroups(self._people, self._model, measurements, sampled, further)

    def _measurement(
        self, measured: Measurement, definitions: dict[str, Definition], groups: OpenGroups | None
    ) -> Measurement:
        if measured.left_out and self._people is not None and not self._people.may_be_called_small:
            return withheld(measured, self._reason)
        definition = definitions.get(measured.name)
        # a number of a plugin without a definition is made of nobody knows what, so it is withheld
        words = definition.made_of if definition is not None else ""
        if words and groups is not None and self._may(measured, words, groups):
            return measured.model_copy(
                update={
                    "reason": measured.reason and self.text(measured.reason),
                    # an adjusted p depends on the other tests of its family, and so on groups that are withheld
                    "test": measured.test and measured.test.model_copy(update={"p_adjusted": None}),
                    "left_out": tuple(map(self._left_out, measured.left_out)),
                }
            )
        return withheld(measured, self._reason + ("" if words else UNTIED)).model_copy(
            update={"left_out": () if measured.slice else tuple(map(self._left_out, measured.left_out))}
        )

    def _may(self, measured: Measurement, words: str, groups: OpenGroups) -> bool:
        people = groups.people
        if words == EVERYONE:
            attributes = set(people.data.groups) & {str(value) for value in measured.conditions.values()}
            if attributes or not people.everyone_is_public(self._model):
                return False
            return groups.may(measured) if measured.slice or measured.across else not self._small(measured)
        if words == FURTHER:
            return groups.may_further(measured)
        if measured.conditions:
            return False
        # a group against the others: the counts of all others follow from it, so all of them must be open
        made_of, others = words.replace(OTHERS, "").strip(), OTHERS in words
        if others or measured.across:
            compared = people.compared(measured, made_of, self._model)
            if any(people.counts(group, made_of, self._model) is None for group in compared):
                return False
        if measured.across:
            return not measured.slice
        counts = people.counts(measured.slice, made_of, self._model)
        return counts is not None and _made_of(measured, counts, people)

    def _small(self, measured: Measurement) -> bool:
        """Whether a number about everyone is a count, or a share with a count, of few."""
        value, n = measured.value, measured.n
        # without a number there is nothing to work anything out from
        if value is None:
            return False
        if n is None:
            return measured.unit in ("people", "rows") and 0 < value < self._minimum
        # floating point: a share times its n misses a whole number by a rounding
        hits = value * n
        is_count = 0 <= value <= 1 and abs(hits - round(hits)) < 1e-6 * max(1, n)
        is_few = is_count and (self._few(round(hits), n) or bool({round(hits), n - round(hits)} & self._lacking))
        return n < self._minimum or is_few

    def _few(self, hits: int | None, n: int) -> bool:
        return hits is not None and (0 < hits < self._minimum or 0 < n - hits < self._minimum)

    def _left_out(self, group: LeftOut) -> LeftOut:
        """Whom a number leaves out; the names of smaller groups together stay as they are."""
        counts = self._people.counts(group.slice, "people") if self._people is not None and group.slice else None
        removed = {} if counts else {"people": None, "share": None}
        # names of groups may hold digits, which are no counts and stay
        first, named, names = group.reason.partition(" people each: ")
        reason = self.text(group.reason) if group.slice or not named else f"{self.text(first + ' ')}{named[1:]}{names}"
        return group.model_copy(update={"reason": reason, **removed})

    def _control(self, control: Control) -> Control:
        """The question and whether it holds; values, bounds and sentences may be made of any count."""
        return control.model_copy(
            update={
                "value": None, "at_least": None, "at_most": None,
                "question": self.text(control.question), "reason": self.text(control.reason),
            }
        )  # fmt: skip

    def _drawn(self, figure: Figure, result: CheckResult, withheld: set[str]) -> bool:
        """A figure that bears the name of a number draws this number alone."""
        definition = result.definitions.get(figure.name)
        return bool(definition and definition.made_of) and figure.name not in withheld and figure.mark == "dot-whisker"

    def _tabled(self, table: Table) -> bool:
        people = self._people
        if people is None or table.made_of in ("", FURTHER):
            return people is not None and table.made_of == FURTHER and people.all_open
        # of all groups, those too small to have a rate too: numbers of all others tell of them
        groups = [*people.groups(table.across)] if table.across else [{}]
        counts = [people.counts(group, table.made_of, self._model) for group in groups]
        return bool(counts) and None not in counts


def class_names(classes: Sequence[Any]) -> tuple[str, ...]:
    """The words of sentences in which digits are names of these classes, or how many there are: no counts of people."""
    listed_alone = [listed([label]) for label in classes]
    quoted = [name for name in listed_alone if name[0] in "'\""]
    listings = [f"two values, {listed(classes)}", f"has {len(classes)} values"] if listed_alone else []
    return (*listings, *(f"positive: {name}" for name in listed_alone), *quoted)


def numberless(
    text: str, settings: Collection[int] = (), public: Collection[int] = (), names: Sequence[str] = ()
) -> str:
    """A sentence without its numbers.

    Args:
        text: the sentence.
        settings: numbers that stay after `fewer than`; the share of a large group stays too.
        public: numbers that stay.
        names: words that stay as they are, of which the first that fits is taken.
    """

    def replaced(match: re.Match[str]) -> str:
        is_told = match[1] and (not match[1].startswith("fewer") or int(match[2]) in settings)
        return match[0] if is_told or _whole(match.groups()) in public else f"{match[1] or ''}…"

    parts = re.split(rf"({'|'.join(map(re.escape, names))})(?![\d.,]*\d)", text) if names else [text]
    return "".join(part if place % 2 else NUMBER.sub(replaced, part) for place, part in enumerate(parts))


def _whole(groups: Sequence[str]) -> int | None:
    """A match of `NUMBER` as a whole number, commas between thousands; None where it is no such number."""
    digits = groups[1].rstrip(".,").replace(",", "")
    return int(digits) if digits.isdecimal() else None


def without_sums(
    measured: Sequence[Measurement], written: Sequence[Measurement], reason: str
) -> tuple[Measurement, ...]:  # fmt: skip
    """What is written without a number that, added to another or taken from it, gives one that is withheld.

    Such as a difference of two shares, beside one of them, where the other is of few people.

    Args:
        measured: about everyone and groups.
        written: the same, some of them withheld.
        reason: why a number is withheld.
    """
    kept = list(written)
    hidden = [
        before.value for before, after in zip(measured, written, strict=True)
        if before.value is not None and after.value is None and not before.slice
    ]  # fmt: skip
    if not hidden:
        return tuple(kept)  # a check may have very many numbers
    places = [place for place, number in enumerate(kept) if number.value and not number.slice]
    for first, second in itertools.combinations(places, 2):
        values = kept[first].value, kept[second].value
        if values[0] is None or values[1] is None:
            continue
        results = (values[0] + values[1], values[0] - values[1], values[1] - values[0])
        if any(abs(result - value) < 1e-9 for result in results for value in hidden):
            # the first number of a check is its headline
            kept[second] = withheld(kept[second], reason)
    return tuple(kept)


def _made_of(measured: Measurement, counts: Sequence[int], people: "People") -> bool:
    """Whether a number can be what its definition says: its n, and of a share of two counts a numerator, are sums."""
    # at most ten words in a definition, so a thousand sums at most
    sums = {sum(some) for size in range(len(counts) + 1) for some in itertools.combinations(counts, size)}
    value, n = measured.value, measured.n
    if n is not None and n not in sums | {people.data.size}:
        return False
    if measured.unit != "share" or value is None or not n or len(counts) > 2 or people.data.weights is not None:
        return True
    return any(abs(value * base - hits) < 1e-6 * base for hits in sums for base in (n, people.data.size))
