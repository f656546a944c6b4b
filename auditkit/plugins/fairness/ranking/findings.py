"""From scores to findings: measurements, controls, figures, tables and notes of `fairness.ranking`."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.group_pairs import Members, pair, pair_of_extremes, pairs_among, pairs_behind
from auditkit.plugins.fairness.ranking import exposure, figures, inference, lists, self_tests
from auditkit.plugins.fairness.ranking.definitions import (
    DEFINITIONS,
    DIVERGENCE,
    EXPOSURE,
    GAP,
    RATIO,
    RELATIVE,
    SKEW,
    TOP,
)
from auditkit.plugins.fairness.ranking.parameters import Parameters
from auditkit.plugins.fairness.shared.partition import NOBODY, smaller_splits, split
from auditkit.plugins.fairness.shared.self_tests import adjusted, false_alarms
from auditkit.results import Control, GroupPair, Interval, Level, Measurement, Test, left_out_text
from auditkit.text import first_few, number_of
from auditkit.too_few import fewer_than, two_groups
from auditkit.variants import Group, among_large, variants

FAMILY = "all disparities of fairness.ranking"
SURPLUS = "share_of_the_top_less_share_of_the_list"
"""What the two groups of a gap between top and list have: most and least of it."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.ranking` says about these scores."""
    regression = data.task == "regression"  # the predicted number is the score
    scores = np.asarray(context.predictions.labels if regression else context.predictions.scores, dtype=float)
    codes = exposure.list_codes(data, parameters.query)
    notes = _notes(parameters, codes)
    has_company = exposure.longer_than_one(codes)
    if not has_company.any():
        reason = "no list holds two people, so there is nothing to compare"
        unmeasured = [
            Measurement(name="exposure_ratio", value=None, reason=reason, across=(attribute,))
            for attribute in data.groups
        ]
        return Findings(unmeasured, notes=notes, level=level)
    if not has_company.all():
        data, scores = data.take(has_company), scores[has_company]
        codes = np.unique(codes[has_company], return_inverse=True)[1]
    ranked = lists.rank(scores, codes)
    context.progress(1, 3, "ranking")
    splits = [split(data, attributes) for attributes in data.cells.subsets(parameters.intersections)]
    listings, together = (
        [
            exposure.measure(partition, ranked, parameters.k, data.minimum_rate)
            for partition in partitions
            if parameters.query not in partition.attributes
        ]
        for partitions in (splits, smaller_splits(data, parameters.intersections))
    )
    context.progress(2, 3, "shuffling groups")
    tests = sum(2 + sum(not top.reason for top in listing.tops) for listing in listings if listing.comparable)
    # So many that the smallest p-value stays below 5 % when it is adjusted.
    shuffles = max(parameters.permutations, 40 * tests)
    for listing in [*listings, *together]:
        if listing.groups:
            exposure.add_spread_and_tests(listing, scores, codes, parameters.draws, shuffles, context.rng)
    per_group = [measurement for listing in [*listings, *together] for measurement in _per_group(listing)]
    of_units = _lists_are_units(data, codes)
    per_group = [_by_units(measurement) for measurement in per_group] if of_units else per_group
    between = adjusted([number for listing in listings for number in _between(listing, data, tests, shuffles)])
    between = [_by_units(measurement) for measurement in between] if of_units else between
    hidden = list(dict.fromkeys(name for listing in listings for name in listing.split.hidden))
    if hidden:
        notes.append(f"Too small to show, and ranked among the others: {first_few(hidden)}.")
    return Findings(
        measurements=[*per_group, *between],
        controls=_controls(parameters, listings, scores, codes, tests, context),
        figures=figures.draw(per_group, between),
        tables=figures.tables([*listings, *together]),
        notes=notes,
        level=level,
    )


def _lists_are_units(data: AuditData, codes: np.ndarray) -> bool:
    """Whether each of several lists is one unit, such as a user's: then what goes by lists goes by units."""
    if data.unit is None or codes.max() < 1:
        return False
    pairs = len(np.unique(np.stack([codes, data.unit]), axis=1)[0])
    return bool(pairs == len(np.unique(codes)) == len(np.unique(data.unit)))


def _by_units(measurement: Measurement) -> Measurement:
    made = {"interval": measurement.interval, "test": measurement.test}
    marked = {
        name: part.model_copy(update={"method": f"{part.method}, by units"})
        for name, part in made.items()
        if part is not None
    }
    return measurement.model_copy(update=marked)


def _per_group(listing: exposure.Listing) -> list[Measurement]:
    measurements, group = [], 0  # the group among those that have numbers
    for where, reason in zip(listing.split.where, listing.split.reasons, strict=True):
        if reason is not None:
            of_tops = [(name, {"k": top.label}) for top in listing.tops for name in (TOP, SKEW)]
            for name, conditions in [(EXPOSURE, {}), (RELATIVE, {}), *of_tops]:
                fields: dict[str, Any] = {"value": None, "reason": reason, "n": 0 if reason == NOBODY else None}
                measurements.append(_measurement(name, slice=where, conditions=conditions, **fields))
            continue
        measurements += [*_exposures(listing, group, where), *_shares(listing, group, where)]
        group += 1
    return measurements


def _exposures(listing: exposure.Listing, group: int, where: dict[str, str]) -> list[Measurement]:
    measurements = []
    for name, values in ((EXPOSURE, listing.exposure), (RELATIVE, listing.relative)):
        doubt = listing.unsure(group)
        fields: dict[str, Any] = {"validity": "inconclusive", "reason": doubt} if doubt else {}
        if listing.single and listing.estimate is not None:
            # everyone's exposure is the same whatever the groups are, so both numbers vary alike
            everyone = float(listing.exposure[0, group] / listing.relative[0, group])
            interval = listing.estimate.interval(group)
            if name == EXPOSURE and interval.low is not None and interval.high is not None:
                ends = {"low": interval.low * everyone, "high": interval.high * everyone}
                interval = interval.model_copy(update=ends)
            fields["interval"] = interval
        elif not doubt:
            fields["interval"] = inference.lists_vary(values[:, [group]]).interval(0)
        value = float(np.nanmean(values[:, group]))
        measurements.append(_measurement(name, value=value, n=int(listing.rows[group]), slice=where, **fields))
    return measurements


def _shares(listing: exposure.Listing, group: int, where: dict[str, str]) -> list[Measurement]:
    measurements = []
    for top in listing.tops:
        common: dict[str, Any] = {"slice": where, "conditions": {"k": top.label}}
        if top.reason:
            measurements += [_measurement(name, value=None, reason=top.reason, **common) for name in (TOP, SKEW)]
            continue
        # One list has an interval by its people, and ten have one by how they vary; between them nothing is known.
        few = _few_lists(top)
        interval = None if few else exposure.share_interval(top, group)
        if interval is None:
            alike = "the same in every list, so how lists vary is not known"
            common |= {"validity": "inconclusive", "reason": few or alike}
        share, list_share = float(top.shares[:, group].mean()), float(top.list_shares[:, group].mean())
        common["n"] = top.people
        measurements.append(_measurement(TOP, value=share, interval=interval, **common))
        if share > 0 and list_share > 0:
            logs = None if interval is None else _skew_interval(interval, list_share)
            measurements.append(_measurement(SKEW, value=float(np.log(share / list_share)), interval=logs, **common))
        else:
            common["reason"] = "nobody of the group is in the top, or nobody in these lists"
            measurements.append(_measurement(SKEW, value=None, **common))
    return measurements


def _few_lists(top: exposure.Top) -> str:
    return fewer_than(inference.FEWEST, inference.UNKNOWN) if 1 < len(top.shares) < inference.FEWEST else ""


def _skew_interval(interval: Interval, list_share: float) -> Interval:
    ends = [
        None if end is None or end <= 0 else float(np.log(end / list_share)) for end in (interval.low, interval.high)
    ]
    return interval.model_copy(update={"low": ends[0], "high": ends[1], "method": f"{interval.method}, logarithm"})


def _between(listing: exposure.Listing, data: AuditData, tests: int, shuffles: int) -> list[Measurement]:
    if not listing.comparable:
        return _incomparable(listing, data)
    members = Members(RELATIVE, listing.split.usable, np.nanmean(listing.relative, axis=0), listing.rows)

    def ratio(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        return [_ratio(listing, members, pairs_among(members, groups, reference), members.people_of(groups))]

    def gaps_of(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        return [_gap(listing, top, members.positions(groups)) for top in listing.tops]

    (lowest,) = ratio(members.where, None)
    detectable = None if listing.estimate is None else listing.estimate.detectable(tests)
    tested = {"test": _test(listing, "exposure", shuffles), "detectable": detectable}
    spread = None if listing.single or listing.doubt else stats.student_interval(listing.divergence)
    divergence = _measurement(
        DIVERGENCE, value=float(listing.divergence.mean()), interval=spread, exact=listing.single,
        test=_test(listing, "divergence", shuffles), pairs=pair_of_extremes(members),
        **_common(listing, int(listing.rows.sum())),
    )  # fmt: skip
    gaps = gaps_of(members.where, None)
    tests_of = [None if top.reason else _test(listing, f"top {top.k}", shuffles) for top in listing.tops]
    return [
        lowest.model_copy(update=tested), divergence,
        *(gap.model_copy(update={"test": test}) for gap, test in zip(gaps, tests_of, strict=True)),
        *variants([lowest], [members.where], ratio, data),
        *among_large(gaps, [members.where], gaps_of, data),  # everyone is held against the list, not against a group
    ]  # fmt: skip


def _incomparable(listing: exposure.Listing, data: AuditData) -> list[Measurement]:
    across = listing.split.attributes
    reason = two_groups(across, left_out=left_out_text(listing.split.left_out))
    common: dict[str, Any] = {
        "value": None, "reason": reason, "validity": "inconclusive", "across": across,
        "left_out": tuple(listing.split.left_out),
    }  # fmt: skip
    first = [_measurement(name, **common) for name in (RATIO, DIVERGENCE)]
    gaps = [_measurement(GAP, conditions={"k": top.label}, **common) for top in listing.tops]
    return [*first, *gaps, *variants(first[:1], [], None, data), *among_large(gaps, [], None, data)]


def _common(listing: exposure.Listing, people: int) -> dict[str, Any]:
    return {
        "across": listing.split.attributes, "n": people, "reason": listing.doubt or None,
        "validity": "inconclusive" if listing.doubt else "valid", "left_out": tuple(listing.split.left_out),
    }  # fmt: skip


def _ratio(listing: exposure.Listing, members: Members, pairs: stats.Pairs, people: int) -> Measurement:
    """The smallest ratio of exposures over some pairs of groups; without an interval where their spread is unknown."""
    common = _common(listing, people)
    if listing.estimate is not None:
        extreme = listing.estimate.ratio(pairs)
        behind = tuple(pairs_behind(extreme, [members], "high"))
        return _measurement(RATIO, value=extreme.value, interval=extreme.interval, pairs=behind, **common)
    i, j = pairs
    values = np.minimum(members.values[i], members.values[j]) / np.maximum(members.values[i], members.values[j])
    lowest = int(values.argmin())
    behind = pair_of_extremes(members.take(np.array([i[lowest], j[lowest]])))
    return _measurement(RATIO, value=float(values[lowest]), pairs=behind, **common)


def _gap(listing: exposure.Listing, top: exposure.Top, positions: np.ndarray) -> Measurement:
    """The largest distance of a group's share of the top from its share of the list, over some groups."""
    common = {**_common(listing, int(listing.rows[positions].sum())), "conditions": {"k": top.label}}
    if top.reason:
        return _measurement(GAP, value=None, **{**common, "n": None, "reason": top.reason, "validity": "inconclusive"})
    few = listing.doubt or _few_lists(top)
    gap = None if few else exposure.gap_interval(top, positions.tolist())
    if gap is None:
        common |= {"validity": "inconclusive", "reason": few or "the same gap in every list"}
    surplus = (top.shares - top.list_shares).mean(axis=0)
    members = Members(SURPLUS, listing.split.usable, surplus, listing.rows)
    return _measurement(
        GAP, value=float(np.abs(surplus[positions]).max()), interval=gap and gap.interval,
        pairs=_behind_gap(members, positions, gap), **common,
    )  # fmt: skip


def _behind_gap(members: Members, positions: np.ndarray, gap: exposure.Gap | None) -> tuple[GroupPair, ...]:
    """The groups with the least and the most of the top, then those behind the ends of the interval.

    An end is made by one group; the other of the pair is the one that lies furthest from it.
    """
    order = positions[np.argsort(members.values[positions], kind="stable")]
    lowest, highest = int(order[0]), int(order[-1])
    ends: list[tuple[Literal["low", "high"], int | None]] = [("low", gap.low), ("high", gap.high)] if gap else []
    pairs = [pair([members], stats.Place(0, lowest, highest))]
    for end, group in ends:
        if group is not None and group not in (lowest, highest):
            places = stats.Place(0, group, highest) if members.values[group] <= 0 else stats.Place(0, lowest, group)
            pairs.append(pair([members], places, end))
    return tuple(pairs)


def _test(listing: exposure.Listing, name: str, shuffles: int) -> Test | None:
    if name not in listing.p:
        return None
    method = (
        f"{shuffles} shuffles of the groups over the places, a long list in about 400 pieces; Holm"
        if listing.single
        else f"deviation from what shuffling within lists gives, {shuffles} turns of the signs of whole lists; Holm"
    )
    return Test(method=method, p=listing.p[name], family=FAMILY)


def _controls(
    parameters: Parameters, listings: Sequence[exposure.Listing], scores: np.ndarray, codes: np.ndarray, tests: int,
    context: Context,
) -> list[Control]:  # fmt: skip
    controls = [
        Control.within(
            "recount",
            "Are the exposures the same when every list is ranked again by itself?",
            max(
                (self_tests.largest_deviation(listing.exposure, scores, codes, listing.split.codes)
                 for listing in listings),
                default=0.0),
            at_most=1e-9,
            reason="an exposure differs from a second computation on the same list, so no number can be trusted",
        )
    ]  # fmt: skip
    first = next((listing for listing in listings if listing.p), None)
    if first is None:
        return controls
    over = " and ".join(first.split.attributes)
    few = self_tests.some_lists(codes, context.rng)
    args = scores[few], codes[few], first.split.codes[few]
    controls.append(
        false_alarms(
            "shuffled groups",
            f"Where the groups of {over} are shuffled within their lists, how often does the test call them uneven?",
            self_tests.false_alarms(*args, parameters.trials, context.rng),
            parameters.trials,
            (RATIO, GAP, DIVERGENCE),
        )
    )
    p = self_tests.put_last(*args, max(self_tests.DRAWS, 40 * tests), context.rng)
    controls.append(
        Control.within(
            "put last",
            f"Where the largest group of {over} is put behind all others, is that found after adjusting for all tests?",
            None if p is None else min(1.0, p * tests),
            at_most=0.05,
            guards=(RATIO, GAP, DIVERGENCE),
            on_failure="note",
            reason="there are too few people, or too many tests, to find even that; absence of a finding says little",
        )
    )
    return controls


def _measurement(name: str, **fields: Any) -> Measurement:
    definition = DEFINITIONS[name]
    return Measurement(name=name, unit=definition.unit, direction=definition.direction, **fields)


def _notes(parameters: Parameters, codes: np.ndarray) -> list[str]:
    if not parameters.query:
        return ["All rows are ranked as one list; name the column that tells lists apart with `query`."]
    alone = int((~exposure.longer_than_one(codes)).sum())
    left_out = f" Left out, as alone in a list: {number_of(alone, 'person', 'people')}." if alone else ""
    return [f"Lists are told apart by {parameters.query!r}; each counts alike.{left_out}"]
