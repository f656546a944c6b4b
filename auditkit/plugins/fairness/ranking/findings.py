"""From scores to findings: measurements, controls, figures, tables and notes of `fairness.ranking`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
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
from auditkit.plugins.fairness.ranking.exposure import Listing, Top
from auditkit.plugins.fairness.shared.adjust import adjusted
from auditkit.plugins.fairness.shared.partition import split
from auditkit.plugins.fairness.shared.self_tests import false_alarms
from auditkit.results import Control, GroupPair, Interval, Level, Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.stats import Place
from auditkit.stats.extremes import Pairs
from auditkit.text import first_few
from auditkit.too_few import fewer_than, two_groups
from auditkit.variants import Group, among_large, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.ranking.parameters import Parameters

FAMILY = "all disparities of fairness.ranking"
SURPLUS = "share_of_the_top_less_share_of_the_list"
"""What the two groups of a gap between top and list have: most and least of it."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.ranking` says about these scores."""
    regression = data.task == "regression"  # the predicted number is the score
    scores = np.asarray(context.predictions.labels if regression else context.predictions.scores, dtype=float)
    codes = exposure.list_codes(data, parameters.query)
    notes = _notes(parameters, codes)
    kept = exposure.longer_than_one(codes)
    if not kept.any():
        return Findings(notes=[*notes, "No list holds two people, so there is nothing to measure."], level=level)
    if not kept.all():
        data, scores = data.take(kept), scores[kept]
        codes = np.unique(codes[kept], return_inverse=True)[1]
    ranked = lists.rank(scores, codes)
    context.progress(1, 3, "ranking")
    listings = [
        exposure.place(split(data, attributes), ranked, parameters.k, data.minimum_rate)
        for attributes in data.cells.subsets(parameters.intersections)
        if parameters.query not in attributes
    ]
    context.progress(2, 3, "shuffling groups")
    tests = sum(2 + sum(not top.reason for top in listing.tops) for listing in listings if listing.comparable)
    shuffles = max(
        parameters.permutations, 40 * tests
    )  # so that the smallest p-value stays below 5 % when it is adjusted
    for listing in listings:
        if listing.groups:
            exposure.add_spread_and_tests(listing, scores, codes, parameters.draws, shuffles, context.rng)
    per_group = [measurement for listing in listings for measurement in _per_group(listing)]
    between = [measurement for listing in listings for measurement in _between(listing, data, tests, shuffles)]
    between = adjusted(between)
    hidden = list(dict.fromkeys(name for listing in listings for name in listing.split.hidden))
    if hidden:
        notes.append(f"Too small to show, and ranked among the others: {first_few(hidden)}.")
    return Findings(
        measurements=[*per_group, *between],
        controls=_controls(parameters, listings, scores, codes, tests, context),
        figures=figures.draw(per_group, between),
        tables=figures.tables(listings),
        notes=notes,
        level=level,
    )


def _per_group(each: Listing) -> list[Measurement]:
    measurements, at = [], 0
    for where, reason, empty in zip(each.split.where, each.split.reasons, each.split.empty, strict=True):
        if reason is not None:
            for name, conditions in [(EXPOSURE, {}), (RELATIVE, {}), *_tops(each)]:
                more: dict[str, Any] = {"value": None, "reason": reason, "n": 0 if empty else None}
                measurements.append(_measurement(name, slice=where, conditions=conditions, **more))
            continue
        measurements += [*_exposures(each, at, where), *_shares(each, at, where)]
        at += 1
    return measurements


def _tops(each: Listing) -> list[tuple[str, dict[str, int | str]]]:
    return [(name, {"k": top.label}) for top in each.tops for name in (TOP, SKEW)]


def _exposures(each: Listing, at: int, where: dict[str, str]) -> list[Measurement]:
    found = []
    for name, values in ((EXPOSURE, each.exposure), (RELATIVE, each.relative)):
        doubt = each.unsure(at)
        more: dict[str, Any] = {"validity": "inconclusive", "reason": doubt} if doubt else {}
        if each.single and each.estimate is not None:
            # everyone's exposure is the same whatever the groups are, so both numbers vary alike
            everyone = float(each.exposure[0, at] / each.relative[0, at])
            interval = each.estimate.interval(at)
            if name == EXPOSURE and interval.low is not None and interval.high is not None:
                ends = {"low": interval.low * everyone, "high": interval.high * everyone}
                interval = interval.model_copy(update=ends)
            more["interval"] = interval
        elif not doubt:
            more["interval"] = inference.lists_vary(values[:, [at]]).interval(0)
        value = float(np.nanmean(values[:, at]))
        found.append(_measurement(name, value=value, n=int(each.rows[at]), slice=where, **more))
    return found


def _shares(each: Listing, at: int, where: dict[str, str]) -> list[Measurement]:
    measurements = []
    for top in each.tops:
        common: dict[str, Any] = {"slice": where, "conditions": {"k": top.label}}
        if top.reason:
            measurements += [_measurement(name, value=None, reason=top.reason, **common) for name in (TOP, SKEW)]
            continue
        doubt = _few_lists(top)
        if doubt:
            common |= {"validity": "inconclusive", "reason": doubt}
        interval = None if doubt else exposure.share_interval(top, at)
        if interval is None and not doubt:
            common |= {"validity": "inconclusive", "reason": "the same in every list, so how lists vary is not known"}
        share, held = float(top.shares[:, at].mean()), float(top.held[:, at].mean())
        common["n"] = top.people
        measurements.append(_measurement(TOP, value=share, interval=interval, **common))
        if share > 0 and held > 0:
            logs = None if interval is None else _skew_interval(interval, held)
            measurements.append(_measurement(SKEW, value=float(np.log(share / held)), interval=logs, **common))
        else:
            common["reason"] = "nobody of the group is in the top, or nobody in these lists"
            measurements.append(_measurement(SKEW, value=None, **common))
    return measurements


def _few_lists(top: Top) -> str:
    number = len(top.shares)
    return fewer_than(inference.FEWEST, inference.UNKNOWN) if 1 < number < inference.FEWEST else ""


def _skew_interval(interval: Interval, held: float) -> Interval:
    ends = [None if end is None or end <= 0 else float(np.log(end / held)) for end in (interval.low, interval.high)]
    return interval.model_copy(update={"low": ends[0], "high": ends[1], "method": f"{interval.method}, logarithm"})


def _between(each: Listing, data: AuditData, tests: int, shuffles: int) -> list[Measurement]:
    if not each.comparable:
        return _incomparable(each, data)
    who = Members(RELATIVE, each.split.usable, np.nanmean(each.relative, axis=0), each.rows)

    def ratio(kept: Sequence[Group], reference: Group | None) -> list[Measurement]:
        return [_ratio(each, who, pairs_among(who, kept, reference), who.people_of(kept))]

    def gaps_of(kept: Sequence[Group], reference: Group | None) -> list[Measurement]:
        return [_gap(each, top, who.positions(kept)) for top in each.tops]

    (lowest,) = ratio(who.where, None)
    detectable = None if each.estimate is None else each.estimate.detectable(tests)
    tested = {"test": _test(each, "exposure", shuffles), "detectable": detectable}
    spread = None if each.single or each.doubt else stats.student_interval(each.divergence)
    divergence = _measurement(
        DIVERGENCE, value=float(each.divergence.mean()), interval=spread, exact=each.single,
        test=_test(each, "divergence", shuffles), pairs=pair_of_extremes(who), **_common(each, int(each.rows.sum())),
    )  # fmt: skip
    gaps = gaps_of(who.where, None)
    tests_of = [None if top.reason else _test(each, f"top {top.k}", shuffles) for top in each.tops]
    return [
        lowest.model_copy(update=tested), divergence,
        *(gap.model_copy(update={"test": test}) for gap, test in zip(gaps, tests_of, strict=True)),
        *variants([lowest], [who.where], ratio, data),
        *among_large(gaps, [who.where], gaps_of, data),  # everyone is held against the list, not against a group
    ]  # fmt: skip


def _incomparable(each: Listing, data: AuditData) -> list[Measurement]:
    across = each.split.attributes
    reason = two_groups(across, left_out=left_out_text(each.split.left_out))
    common: dict[str, Any] = {
        "value": None, "reason": reason, "validity": "inconclusive", "across": across,
        "left_out": tuple(each.split.left_out),
    }  # fmt: skip
    first = [_measurement(name, **common) for name in (RATIO, DIVERGENCE)]
    gaps = [_measurement(GAP, conditions={"k": top.label}, **common) for top in each.tops]
    return [*first, *gaps, *variants(first[:1], [], None, data), *among_large(gaps, [], None, data)]


def _common(each: Listing, people: int) -> dict[str, Any]:
    return {
        "across": each.split.attributes, "n": people, "reason": each.doubt or None,
        "validity": "inconclusive" if each.doubt else "valid", "left_out": tuple(each.split.left_out),
    }  # fmt: skip


def _ratio(each: Listing, who: Members, pairs: Pairs, people: int) -> Measurement:
    """The smallest ratio of exposures over some pairs of groups; without an interval where their spread is unknown."""
    common = _common(each, people)
    if each.estimate is not None:
        extreme = each.estimate.ratio(pairs)
        behind = tuple(pairs_behind(extreme, [who], "high"))
        return _measurement(RATIO, value=extreme.value, interval=extreme.interval, pairs=behind, **common)
    i, j = pairs
    values = np.minimum(who.values[i], who.values[j]) / np.maximum(who.values[i], who.values[j])
    at = int(values.argmin())
    behind = pair_of_extremes(who.take(np.array([i[at], j[at]])))
    return _measurement(RATIO, value=float(values[at]), pairs=behind, **common)


def _gap(each: Listing, top: Top, kept: np.ndarray) -> Measurement:
    """The largest distance of a group's share of the top from its share of the list, over some groups."""
    common = {**_common(each, int(each.rows[kept].sum())), "conditions": {"k": top.label}}
    if top.reason:
        return _measurement(GAP, value=None, **{**common, "n": None, "reason": top.reason, "validity": "inconclusive"})
    few = each.doubt or _few_lists(top)
    gap = None if few else exposure.gap_interval(top, kept.tolist())
    if gap is None:
        reasons = [part for part in (each.doubt, few if few != each.doubt else "") if part]
        common |= {"validity": "inconclusive", "reason": "; ".join(reasons) or "the same gap in every list"}
    surplus = (top.shares - top.held).mean(axis=0)
    who = Members(SURPLUS, each.split.usable, surplus, each.rows)
    return _measurement(
        GAP, value=float(np.abs(surplus[kept]).max()), interval=gap and gap.interval,
        pairs=_behind_gap(who, kept, gap), **common,
    )  # fmt: skip


def _behind_gap(who: Members, kept: np.ndarray, found: exposure.Gap | None) -> tuple[GroupPair, ...]:
    """The groups with the least and the most of the top, then those behind the ends of the interval.

    An end is made by one group; the other of the pair is the one that lies furthest from it.
    """
    order = kept[np.argsort(who.values[kept], kind="stable")]
    lowest, highest = int(order[0]), int(order[-1])
    ends: list[tuple[Literal["low", "high"], int | None]] = []
    if found is not None:
        ends = [("low", found.low), ("high", found.high)]
    pairs = [pair([who], Place(0, lowest, highest))]
    for end, at in ends:
        if at is not None and at not in (lowest, highest):
            place = Place(0, at, highest) if who.values[at] <= 0 else Place(0, lowest, at)
            pairs.append(pair([who], place, end))
    return tuple(pairs)


def _test(each: Listing, name: str, shuffles: int) -> Test | None:
    if name not in each.p:
        return None
    how = (
        f"{shuffles} shuffles of the groups over the places, a long list in about 400 pieces; Holm"
        if each.single
        else f"deviation from what shuffling within lists gives, {shuffles} turns of the signs of whole lists; Holm"
    )
    return Test(method=how, p=each.p[name], family=FAMILY)


def _controls(
    parameters: Parameters, listings: Sequence[Listing], scores: np.ndarray, codes: np.ndarray, tests: int,
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
    tested = [listing for listing in listings if listing.p]
    if not tested:
        return controls
    first = tested[0]
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


def _measurement(name: str, **more: Any) -> Measurement:
    about = DEFINITIONS[name]
    return Measurement(name=name, unit=about.unit, direction=about.direction, **more)


def _notes(parameters: Parameters, codes: np.ndarray) -> list[str]:
    if not parameters.query:
        return ["All rows are ranked as one list; name the column that tells lists apart with `query`."]
    alone = int((~exposure.longer_than_one(codes)).sum())
    left = f" {alone} people stand alone in their list and are left out." if alone else ""
    return [f"Lists are told apart by {parameters.query!r}; each counts alike.{left}"]
