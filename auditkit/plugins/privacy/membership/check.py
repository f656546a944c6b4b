"""`privacy.membership`: whether the model's answers tell who was in the training data."""

from typing import Any, ClassVar, Literal

import numpy as np

from auditkit import stats
from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.figures import curve
from auditkit.models import Model
from auditkit.plugins.privacy.membership.attack import below_mean_loss, found_at, lowest_rate, roc
from auditkit.plugins.privacy.membership.members import Sides, gather, odd_rows
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.membership.reference import placebo_scores
from auditkit.plugins.privacy.shared.classifiers import blind_scores, fitted, out_of_fold, prepare
from auditkit.plugins.privacy.shared.features import expand, plain
from auditkit.predictions import Predictions
from auditkit.results import Axis, Control, Definition, Figure, Measurement, of_everyone
from auditkit.smaller import slices_and_smaller, smaller_called
from auditkit.too_few import fewer_than

LEAST = 20
"""Rows that each side needs before anything is said."""
YEOM = "Yeom et al., 2018, Privacy Risk in Machine Learning, arXiv:1709.01604"
CARLINI = "Carlini et al., 2022, Membership Inference Attacks From First Principles, arXiv:2112.03570"
DAS = "Das, Zhang and Tramèr, 2024, Blind Baselines Beat Membership Inference Attacks, arXiv:2406.16201"
FELDMAN = "Feldman, 2020, Does Learning Require Memorization?, arXiv:1906.05271"
ATTACKS = ("auc", "true_positive_rate", "advantage")


class Membership(Parameters, Check):
    """Do the model's answers reveal who was in the training data?

    That somebody was in a data set can itself be a secret (patients, debtors), and a model that gives members away
    usually gives away more. The headline is how many members are found when hardly anyone is wrongly accused.

    Whoever has a small loss is called a member; members are rows of the training split, non-members the audit data, and
    rows that occur twice in all of it are left out first. Training rows that are far from all others, or whose label
    contradicts their neighbours', can only be memorised: there the model is compared with a reference model that was
    fitted without them. As controls, a classifier that never sees the model tries to distinguish members from
    non-members, and the attack is run on a model that was trained on neither.

    The attack is the simplest of its kind: that it fails does not mean that no attack succeeds. A stronger one trains
    shadow models.
    """

    id: ClassVar[str] = "privacy.membership"
    title: ClassVar[str] = "Membership inference"
    reference: ClassVar[str] = f"{YEOM}; {CARLINI}; {DAS}"
    needs: ClassVar[frozenset[str]] = frozenset({"labels", "train", "probabilities", "binary", "multiclass"})
    presets = {"quick": {"rows": 1000}, "standard": {"rows": 4000}, "thorough": {"rows": 20000}}
    level: ClassVar[Literal["training"]] = "training"
    conditions: ClassVar[frozenset[str]] = frozenset({"false_positive_rate", "rows"})
    for_groups: ClassVar[frozenset[str]] = frozenset({"auc"})
    higher_level: ClassVar[str] = "With the training loop, shadow models would show how much a stronger attack finds."
    definitions = of_everyone({
        "auc": Definition(
            title="Attack AUC", formula="P(score of a member > score of a non-member), score = -loss", range="0 to 1",
            direction="lower", reference=YEOM, pitfalls="An average over everybody: a few exposed people do not show.",
        ),
        "true_positive_rate": Definition(
            title="Members found at a low false positive rate",
            formula="share of members above the threshold that only the given share of non-members exceeds",
            range="0 to 1", direction="lower", unit="share", reference=CARLINI,
            pitfalls="The threshold is set on the same non-members; the interval takes it as given.",
        ),
        "advantage": Definition(
            title="Attack advantage", formula="true less false positive rate, threshold: the mean training loss",
            range="-1 to 1", direction="lower", unit="share", reference=YEOM,
        ),
        "memorisation": Definition(
            title="Unusual training rows that are memorised",
            formula="share the model is right about less the share a reference fitted without them is right about",
            range="-1 to 1", direction="lower", unit="share", reference=FELDMAN,
            pitfalls="The reference is a model of another kind, in place of this one trained again without the row.",
        ),
    })  # fmt: skip

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The members, and the odd ones among the training rows."""
        return min(rows, len(data.train or ())) + min(self.neighbours, len(data.train or ())) // 10

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, try the attack, look at the odd rows."""
        context.progress(0, 3, "asking about members")
        sides = gather(model, data, context.predictions, self.rows, context.rng)
        note = f"Rows left out, as they occur more than once in training split and audit data: {sides.twice}."
        notes = [note] if sides.twice else []
        if min(len(sides.members.scores), len(sides.others.scores)) < LEAST:
            reason = fewer_than(LEAST, "members or non-members are left after duplicates were taken out")
            undefined = [
                Measurement(name=name, value=None, reason=reason, direction="lower")
                for name in (*ATTACKS, "memorisation")
            ]
            return Findings(undefined, notes=notes)
        measurements = [*_headline(sides), *_per_group(sides, data)]
        context.progress(1, 3, "trying the attack without the model")
        controls = [_blind_control(sides, context.seed), _placebo_control(sides, context.rng)]
        context.progress(2, 3, "looking for odd training rows")
        odd = _memorisation(model, data, sides, self.neighbours, context)
        return Findings(
            measurements=[*measurements, *odd.measurements], controls=[*controls, *odd.controls],
            figures=[_figure(sides)], notes=notes,
        )  # fmt: skip


def _headline(sides: Sides) -> list[Measurement]:
    """The attack on everybody."""
    members, others = sides.members.scores, sides.others.scores
    rate = lowest_rate(len(others))
    low, by_mean = found_at(members, others, rate), below_mean_loss(members, others)
    counts = by_mean.members, len(members), by_mean.others, len(others)
    # an area alone is no headline: it hides the few who are exposed
    return [
        Measurement(
            name="true_positive_rate", value=low.members / len(members), unit="share",
            direction="lower", n=len(members),
            interval=stats.clopper_pearson(low.members, len(members)), conditions={"false_positive_rate": rate},
        ),
        _auc(members, others, {}),
        Measurement(
            name="advantage", value=by_mean.members / len(members) - by_mean.others / len(others), unit="share",
            interval=stats.difference_interval(*counts), n=len(members) + len(others), direction="lower",
        ),
    ]  # fmt: skip


def _area(members: np.ndarray, others: np.ndarray) -> stats.Auc:
    area = stats.auc(np.concatenate([members, others]), np.arange(len(members) + len(others)) < len(members))
    return present(area, "both sides have rows")


def _auc(members: np.ndarray, others: np.ndarray, where: dict[str, str]) -> Measurement:
    area, n = _area(members, others), len(members) + len(others)
    return Measurement(name="auc", value=area.value, interval=area.interval, n=n, direction="lower", slice=where)


def _per_group(sides: Sides, data: AuditData) -> list[Measurement]:
    """The attack on each group that may be shown."""
    measurements = []
    for cell in slices_and_smaller(data):
        small = smaller_called(cell.where, data)
        ((attribute, value),) = cell.where.items()
        values = [value] if small is None else [group[attribute] for group in small.groups]
        members, others = sides.members.inside(attribute, values), sides.others.inside(attribute, values)
        reason = cell.hidden
        if reason is None and (members is None or others is None):
            reason = "the training split does not say who is in this group"
        elif reason is None and min(members.sum(), others.sum()) < max(LEAST, data.minimum_rate):  # type: ignore[union-attr]
            reason = fewer_than(max(LEAST, data.minimum_rate), "members or non-members in this group")
        if reason is not None:
            measurements.append(Measurement(name="auc", value=None, reason=reason, direction="lower", slice=cell.where))
        else:
            measurements.append(_auc(sides.members.scores[members], sides.others.scores[others], cell.where))
    return measurements


def _blind_control(sides: Sides, seed: int) -> Control:
    """Can members be told without the model?"""
    values = np.vstack([sides.members.values, sides.others.values])
    is_member = np.arange(len(values)) < len(sides.members.values)
    labels = np.concatenate([sides.members.truth, sides.others.truth])
    member_scores = blind_scores(values, sides.category, labels, is_member, seed)
    area = _area(member_scores[is_member], member_scores[~is_member])
    return Control.within(
        "blind-baseline", "How well does a classifier that never sees the model recognise members (AUC, lower end)?",
        area.interval.low, at_most=0.55, guards=ATTACKS,
        reason=f"Members and non-members differ without the model: its AUC is {area.value:.3f}.",
    )  # fmt: skip


def _placebo_control(sides: Sides, rng: np.random.Generator) -> Control:
    """Does the attack find members of a model that has none?"""
    count = len(sides.members.values)
    values = expand(np.vstack([sides.members.values, sides.others.values]), sides.category)
    truth = np.concatenate([sides.members.truth, sides.others.truth])
    drawn = rng.permutation(len(sides.others.values))[: len(sides.others.values) // 2] + count
    half = np.zeros(len(values), dtype=bool)
    half[drawn] = True
    attack_scores = placebo_scores(values, truth, sides.classes, half)
    unseen = ~half
    unseen[:count] = False
    area = _area(attack_scores[:count], attack_scores[unseen])
    low, high = area.interval.low or 0.0, area.interval.high or 1.0
    return Control.within(
        "placebo-model", "How far from 0.5 is the attack's AUC on a model trained on neither side, at the least?",
        max(0.0, low - 0.5, 0.5 - high), at_most=0.03, guards=ATTACKS,
        reason=f"The attack distinguishes members where nothing was learned from them: its AUC is {area.value:.3f}.",
    )  # fmt: skip


def _memorisation(model: Model, data: AuditData, sides: Sides, limit: int, context: Context) -> Findings:
    """Training rows that their neighbours do not explain: does the model know them, and would it have guessed them?"""
    data_train = present(data.train, "the check needs it")
    some = np.sort(context.rng.choice(len(data_train), min(limit, len(data_train)), replace=False))
    train = data_train.take(some)
    truth = Predictions(model, train).truth
    values = plain(train).values
    odd = odd_rows(expand(values, sides.category), truth)
    ready = prepare(np.vstack([values, sides.others.values]), sides.category)
    guessed = out_of_fold(ready[: len(values)], truth, sides.classes, context.seed).argmax(axis=1) == truth
    measurements = []
    for kind, rows in (("isolated", odd.isolated), ("contradicting neighbours", odd.contradicting)):
        positions = np.flatnonzero(rows)
        common: dict[str, Any] = {
            "name": "memorisation", "unit": "share", "direction": "lower", "conditions": {"rows": kind},
        }  # fmt: skip
        if len(positions) < data.minimum_rate:
            reason = fewer_than(data.minimum_rate, f"such training rows among {len(some)}")
            measurements.append(Measurement(value=None, reason=reason, **common))
            continue
        is_correct = Predictions(model, train.take(positions)).codes == truth[positions]
        gap = is_correct.astype(np.float64) - guessed[positions]
        value, interval = float(gap.mean()), stats.mean_interval(gap)
        measurements.append(Measurement(value=value, interval=interval, n=len(positions), **common))
    unseen = fitted(ready[: len(values)], truth, sides.classes, context.seed)(ready[len(values) :]).argmax(axis=1)
    skill = float(sides.others.right.mean() - np.mean(unseen == sides.others.truth))
    control = Control.within(
        "same-skill", "How much more often than the reference is the model right about rows that neither has seen?",
        skill, at_most=0.1, guards=("memorisation",), on_failure="inconclusive",
        reason="The model is better than the reference in general, so what looks memorised may be skill.",
    )  # fmt: skip
    return Findings(measurements, [control])


def _figure(sides: Sides) -> Figure:
    """The ROC curve on logarithmic axes, where few accusations can be seen."""
    curved = roc(sides.members.scores, sides.others.scores)
    # 0 has no logarithm
    points: list[dict[str, Any]] = [
        *({"false": x, "true": y, "who": "the attack"} for x, y in curved if y > 0),
        *({"false": x, "true": x, "who": "chance"} for x in (curved[0][0], 1.0)),
    ]
    rate = Axis(field="false", title="non-members accused", percent=True, log=True)
    return curve(
        "roc", "Members found over non-members accused", points, x=rate,
        y=Axis(field="true", title="members found", percent=True, log=True), series=Axis(field="who", title="who"),
        caption="Logarithmic axes: on the left, hardly anyone is accused wrongly.",
    )  # fmt: skip
