"""The checks of the fake audit: what each of them found, failed at or skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from auditkit import results as r
from auditkit.figures import bars, curve, dot_whisker, forest, heat_map

LONG = "Married, spouse absent or separated, living out of household"
"""A group name of sixty characters."""
FEW = "fewer than 10 people"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def number(
    name: str, value: float | None, half: float | None = None, n: int | None = None, **more: Any
) -> r.Measurement:
    """A measurement whose interval reaches `half` to each side, or that is exact where `half` is None."""
    if value is None:
        return r.Measurement(name=name, value=None, **more)
    interval = None
    if half is not None:
        interval = r.Interval(low=round(value - half, 6), high=round(value + half, 6), method="bootstrap, 2,000 draws")
    return r.Measurement(name=name, value=round(value, 6), interval=interval, exact=half is None, n=n, **more)


def result(check: str, title: str, question: str, **more: Any) -> r.CheckResult:
    facts: dict[str, Any] = {
        "plugin": check.partition(".")[0],
        "plugin_version": "0.1.0",
        "status": "measured",
        "level": "queries",
        "higher_level": "With the training data, the same question could be asked of every epoch.",
        "seed": 1234,
        "device": "cpu",
        "rows": r.Rows(used=6012, total=6012, digest="ab12" * 16, how="every row"),
    }
    about = r.About(
        title=title,
        question=question,
        purpose="A number that the owner can hold against a limit set beforehand.",
        method="Counts on the audit data; intervals from a bootstrap over rows.",
        limits="Says nothing about people who are not in the audit data.",
        reference=more.pop("reference", ""),
    )
    return r.CheckResult(check=check, about=about, **(facts | more))


def definition(
    title: str, formula: str, range: str, direction: str, unit: str = "share", more_groups: str = "neither", **more: Any
) -> r.Definition:
    return r.Definition(
        title=title,
        formula=formula,
        range=range,
        direction=direction,
        unit=unit,  # type: ignore[arg-type]
        reference="Barocas, Hardt and Narayanan, 2023, chapter 3",
        pitfalls="Depends on the threshold.",
        more_groups=more_groups,  # type: ignore[arg-type]
        **more,
    )


def all_of_them(shift: float = 0.0) -> tuple[r.CheckResult, ...]:
    return (
        quality(shift),
        groups(shift),
        importance(shift),
        evasion(shift),
        membership(shift),
        integrity(),
        skipped(),
        failed(),
    )


def quality(shift: float) -> r.CheckResult:
    share: Mapping[str, Any] = {"unit": "share", "direction": "higher"}
    accuracy = [
        number("accuracy", 0.871 + shift, 0.009, 6012, **share),
        number("accuracy", 0.881 + shift, 0.014, 2004, slice={"sex": "F"}, **share),
        number("accuracy", 0.866 + shift, 0.011, 4008, slice={"sex": "M"}, **share),
        number("accuracy", None, reason=FEW, slice={"marital": "Widowed"}, **share),
    ]
    points = [
        {
            "predicted": p / 10,
            "observed": min(1.0, p / 10 * 0.9 + 0.03),
            "lo": p / 10 * 0.85,
            "hi": p / 10 * 0.95 + 0.05,
        }
        for p in range(1, 10)
    ]
    figures = [
        curve(
            "calibration",
            "Observed against predicted share of approvals",
            points,
            x=r.Axis(field="predicted", title="predicted probability", percent=True, domain=(0, 1)),
            y=r.Axis(field="observed", title="observed share", percent=True, domain=(0, 1)),
            low="lo",
            high="hi",
            rules=[r.Rule(value=0.31, label="threshold 0.31")],
        ),
        dot_whisker("accuracy-by-group", "Accuracy by group", accuracy, rules=[r.Rule(value=0.8, label="limit 80 %")]),
    ]
    return result(
        "performance.quality",
        "Predictive quality",
        "How often is the model right, and do its probabilities mean what they say?",
        measurements=(
            *accuracy,
            number("auc", 0.923 + shift, 0.006, 6012, direction="higher"),
            number("calibration_error", 0.0213, 0.004, 6012, unit="share", direction="lower"),
        ),
        definitions={
            "accuracy": definition("Accuracy", "(TP + TN) / n", "0 to 1", "higher", same_as="accuracy"),
            "auc": definition(
                "Area under the ROC curve", "P(score of a positive > score of a negative)", "0 to 1", "higher", ""
            ),
            "calibration_error": definition(
                "Expected calibration error", "Σ n_b/n |mean p_b - mean y_b|", "0 to 1", "lower"
            ),
        },
        figures=tuple(figure for figure in figures if figure),
        controls=(HOLDS,),
        parameters={"bins": 10, "level": 0.95},
        reference="Guo et al., 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599",
    )


HOLDS = r.Control.within(
    "shuffled-labels",
    "Does accuracy fall to the base rate when labels are shuffled?",
    0.752,
    at_most=0.77,
    reason="On shuffled labels there is nothing to predict.",
)


def end(where: dict[str, str], rate: float, n: int, shift: float) -> r.GroupEnd:
    count = round((rate + shift) * n)
    return r.GroupEnd(slice=where, value=count / n, n=n, count=count)


def pair(rate: str, low: r.GroupEnd, high: r.GroupEnd, behind: Literal["low", "high"] | None = None) -> r.GroupPair:
    return r.GroupPair(role="interval" if behind else "value", rate=rate, low=low, high=high, end=behind)


FEMALE, MALE = {"sex": "F"}, {"sex": "M"}
MARRIED, SEPARATED = {"marital": "Married"}, {"marital": LONG}
SMALLER = r.LeftOut(slice={}, reason="fewer than 10 people each: Widowed, (missing)", people=31, share=31 / 6012)
"""Groups that are too small to show, together."""


def groups(shift: float) -> r.CheckResult:
    rates = [
        number("selection_rate", 0.112 + shift, 0.014, 2004, slice={"sex": "F"}, unit="share"),
        number("selection_rate", 0.305 + shift, 0.014, 4008, slice={"sex": "M"}, unit="share"),
        number("selection_rate", 0.394 + shift, 0.016, 3771, slice={"marital": "Married"}, unit="share"),
        number("selection_rate", 0.087 + shift, 0.012, 2210, slice={"marital": LONG}, unit="share"),
        number("selection_rate", None, reason=FEW, slice={"marital": "Widowed"}, unit="share"),
    ]
    gaps = [
        number(
            "demographic_parity_ratio",
            0.367 + shift,
            0.037,
            6012,
            across=("sex",),
            direction="higher",
            pairs=(
                pair("selection_rate", end({"sex": "F"}, 0.112, 2004, shift), end({"sex": "M"}, 0.305, 4008, shift)),
            ),
        ),
        number(
            "demographic_parity_ratio",
            0.221 + shift,
            0.035,
            5981,
            across=("marital",),
            direction="higher",
            test=r.Test(method="permutation", p=0.0004, p_adjusted=0.0008, family="disparities"),
            pairs=(pair("selection_rate", end(SEPARATED, 0.087, 2210, shift), end(MARRIED, 0.394, 3771, shift)),),
            bound="at most",
            left_out=(SMALLER,),
        ),
        number(
            "equalized_odds_difference",
            0.161 + shift,
            0.04,
            6012,
            across=("sex",),
            unit="share",
            direction="lower",
            pairs=(
                pair("true_positive_rate", end(FEMALE, 0.52, 400, shift), end(MALE, 0.681, 1202, shift)),
                pair("false_positive_rate", end(FEMALE, 0.08, 1604, shift), end(MALE, 0.2, 2806, shift), "low"),
            ),
        ),
        number(
            "equalized_odds_difference",
            0.121 + shift,
            0.062,
            5981,
            across=("marital",),
            unit="share",
            direction="lower",
            validity="inconclusive",
            reason="fewer than 100 positives in one group",
            detectable=0.08,
        ),
    ]
    cells = [
        {"sex": sex, "marital": marital, "rate": None if marital == "Widowed" else rate}
        for sex, rates_of in (("F", (0.21, 0.05, 0)), ("M", (0.45, 0.11, 0)))
        for marital, rate in zip(("Married", LONG, "Widowed"), rates_of, strict=True)
    ]
    figures = [
        dot_whisker("rates", "Selection rate by group", rates, rules=[r.Rule(value=0.241, label="everyone 24.1 %")]),
        forest(
            "gaps",
            "Demographic parity ratio",
            gaps[:2],
            rules=[r.Rule(value=0.8, label="limit 0.8"), r.Rule(value=1, label="parity")],
        ),
        heat_map(
            "cells",
            "Selection rate by sex and marital status",
            cells,
            x=r.Axis(field="sex", title="sex"),
            y=r.Axis(field="marital", title="marital"),
            value=r.Axis(field="rate", title="selection rate", percent=True),
        ),
    ]
    return result(
        "fairness.groups",
        "Group fairness",
        "Does the model treat groups alike?",
        measurements=(*rates, *gaps),
        together=(
            number(
                "selection_rate",
                8 / 31,
                0.154,
                31,
                slice={"marital": r.TOGETHER},
                unit="share",
                reason="groups of fewer than 10 people, together: marital=Widowed; marital=(missing); not judged",
            ),
        ),
        figures=tuple(figure for figure in figures if figure),
        definitions={
            "selection_rate": definition(
                "Selection rate", "P(ŷ = 1 | group)", "0 to 1", "none", same_as="selection_rate"
            ),
            "demographic_parity_ratio": definition(
                "Demographic parity ratio", "min rate / max rate", "0 to 1", "higher", "", "shrinks"
            ),
            "equalized_odds_difference": definition(
                "Equalized odds difference", "max(|ΔTPR|, |ΔFPR|)", "0 to 1", "lower", "share", "grows"
            ),
        },
        controls=(r.Control.within("placebo", "Do random groups of the same sizes differ?", 0.012, at_most=0.05),),
        parameters={"intersections": 2, "draws": 2000},
        notes=("The model sees marital; it does not see sex.",),
    )


def importance(shift: float) -> r.CheckResult:
    because = "the control additivity does not hold: attributions miss the output by 12.0 %"
    rows = [
        {"feature": name, "share": value, "lo": value * 0.9, "hi": value * 1.1}
        for name, value in (("income", 0.41), ("purpose", 0.22), (f"marital={LONG}", 0.18), ("age", 0.11))
    ]
    return result(
        "explanations.importance",
        "Feature importance",
        "What do decisions depend on?",
        measurements=(
            number(
                "protected_share",
                0.18 + shift,
                0.02,
                500,
                unit="share",
                direction="lower",
                validity="invalid",
                reason=because,
            ),
        ),
        definitions={
            "protected_share": definition("Share of protected features", "Σ|φ_protected| / Σ|φ|", "0 to 1", "lower")
        },
        controls=(
            r.Control.within(
                "additivity",
                "Do attributions sum to the output?",
                0.12,
                at_most=0.01,
                guards=("protected_share",),
                reason="A sum that is off means that no attribution can be read.",
            ),
            r.Control.within(
                "placebo",
                "Does a random column get no importance?",
                None,
                at_most=0.01,
                on_failure="note",
                reason="It could not be computed: the pipeline takes no further column.",
            ),
        ),
        figures=(
            bars(
                "importance",
                "Mean absolute attribution by feature",
                rows,
                label=r.Axis(field="feature", title=""),
                value=r.Axis(field="share", title="share of attribution", percent=True),
                low="lo",
                high="hi",
            ),
        ),
        tables=(
            r.Table(
                name="ranks",
                title="Ranks of features",
                caption="Rank 1 is the most important.",
                columns=(
                    r.Column(name="feature", title="Feature"),
                    r.Column(name="share", title="Share", percent=True),
                    r.Column(name="stable", title="Stable"),
                ),
                rows=(("income", 0.41, True), ("purpose", 0.22, True), (f"marital={LONG}", 0.18, None)),
            ),
        ),
        rows=r.Rows(used=500, total=6012, digest="cd34" * 16, how="500 rows, stratified by sex and label, seed 1234"),
        answered_by="acme",
        wrapped_by=("timing",),
    )


def evasion(shift: float) -> r.CheckResult:
    steps = [(0.0, 0.871), (0.05, 0.664), (0.1, 0.412), (0.2, 0.097)]
    measurements = [
        number(
            "robust_accuracy",
            value + shift,
            0.031,
            500,
            unit="share",
            direction="higher",
            conditions={"epsilon": epsilon, "norm": "Linf"},
        )
        for epsilon, value in steps
    ]
    points: list[dict[str, r.Scalar]] = [
        {
            "epsilon": epsilon,
            "accuracy": value * scale,
            "attack": attack,
            "lo": value * scale - 0.03,
            "hi": value * scale + 0.03,
        }
        for attack, scale in (("PGD, 40 steps", 1.0), ("random noise", 1.04))
        for epsilon, value in steps
    ]
    return result(
        "robustness.evasion",
        "Evasion",
        "How little must an input change before the decision flips?",
        measurements=tuple(measurements),
        definitions={
            "robust_accuracy": definition(
                "Robust accuracy", "share right under the strongest attack", "0 to 1", "higher"
            )
        },
        controls=(
            r.Control.within(
                "logit-scale",
                "Is the attack blind to the scale of the logits?",
                0.004,
                at_most=0.02,
                on_failure="inconclusive",
            ),
        ),
        figures=(
            curve(
                "accuracy-over-epsilon",
                "Accuracy over the size of the change",
                points,
                x=r.Axis(field="epsilon", title="epsilon", unit="standard deviations"),
                y=r.Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)),
                series=r.Axis(field="attack", title="attack"),
                low="lo",
                high="hi",
                rules=[r.Rule(value=0.6, label="limit 60 %", axis="y"), r.Rule(value=0.5, label="chance", axis="y")],
            ),
            r.Figure(
                name="example",
                title="A synthetic input",
                alt="A synthetic input: one grey pixel.",
                mark="image",
                image=r.Image(media_type="image/png", base64=PIXEL),
            ),
        ),
    )


def membership(shift: float) -> r.CheckResult:
    return result(
        "privacy.membership",
        "Membership inference",
        "Can it be told who was in the training data?",
        measurements=(
            number(
                "auc", 0.512 - shift / 10, 0.02, 6012, direction="lower", test=r.Test(method="Mann-Whitney", p=0.00003)
            ),
            number("records", 30060.0, None, 30060, unit="rows"),
            number("advantage", 0.024, 0.01, 6012, validity="inconclusive", reason="the blind baseline does as well"),
        ),
        definitions={
            "auc": definition("Attack AUC", "P(score of a member > score of a stranger)", "0 to 1", "lower", "")
        },
        controls=(
            r.Control.within(
                "blind",
                "Does an attack that never asks the model do as well?",
                0.509,
                at_most=0.505,
                guards=("advantage",),
                on_failure="inconclusive",
                reason="Members and strangers differ without the model.",
            ),
        ),
    )


def integrity() -> r.CheckResult:
    table = r.Table(
        name="missing",
        title="Missing values by feature",
        columns=(r.Column(name="feature", title="Feature"), r.Column(name="missing", title="Missing", unit="rows")),
        rows=tuple((f"feature_{index:03d}", index) for index in range(620)),
    )
    return result(
        "data.integrity",
        "Data integrity",
        "Is the audit data fit to audit with?",
        measurements=(
            number("duplicates", 37.0, None, 6012, unit="rows", direction="lower"),
            number("overlap", 0.0062, None, 6012, unit="share", direction="lower"),
        ),
        tables=(table,),
        level="recorded",
    )


def skipped() -> r.CheckResult:
    return result(
        "explanations.gradients",
        "Integrated gradients",
        "Which inputs do decisions follow, by gradient?",
        status="skipped",
        reason="needs gradients, which this sklearn model does not give",
        rows=None,
        seed=None,
        level=None,
    )


def failed() -> r.CheckResult:
    error = r.ErrorInfo(
        kind="exception",
        type="ValueError",
        message="concept 'gender' has no examples",
        traceback=("checks.py:41 in measure", "concepts.py:12 in directions"),
        hint="Give at least 20 examples of each concept.",
    )
    return result(
        "explanations.concepts",
        "Concept sensitivity",
        "Does the model use a concept that it should not?",
        status="error",
        reason="ValueError: concept 'gender' has no examples",
        error=error,
        rows=None,
    )
