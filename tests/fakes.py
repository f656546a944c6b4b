"""A rich audit that nobody ran, for the tests of what reads results: every status, hidden cells, failed controls.

`audit()` is one model, `comparison()` three side by side; `hostile(payload)` has the payload in every free text.
The clock stands still, so equal calls give equal bytes.
"""

from __future__ import annotations

import datetime
from typing import Any

from auditkit import figures, results as r
from tests import fake_checks as checks

STARTED = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
DIGEST = "3f5a" * 16


def audit(
    name: str = "credit-gbm", kind: str = "sklearn", shift: float = 0.0, parent: str | None = None
) -> r.AuditResult:
    """One audit with measured, skipped and failed checks; `shift` moves every share a little."""
    checks_of_audit = checks.all_of_them(shift)
    limits = tuple(verdict.limit for verdict in verdicts(checks_of_audit))
    return r.AuditResult(
        run=r.Run(
            started=STARTED,
            finished=STARTED + datetime.timedelta(seconds=94),
            seconds=94.2,
            host="fake",
            check_seconds={result.check: 3.5 for result in checks_of_audit},
        ),
        provenance=provenance(),
        model=model(name, kind),
        parent=parent,
        data=data(),
        plan=plan(checks_of_audit, limits),
        limits=limits,
        waivers=(WAIVER,),
        results=checks_of_audit,
        verdicts=verdicts(checks_of_audit),
        outcome=OUTCOME,
        coverage=coverage(checks_of_audit),
        card={"owners": ["Credit Risk Models"], "intended_use": "Ranking of applications for manual review."},
        rules=(rules(),),
    )


def comparison() -> r.Comparison:
    """Three models on the same data: a pipeline, a network, and the network trained privately."""
    return r.Comparison(
        title="Credit approval: three models side by side",
        changes=tuple(CHANGES),
        results=(
            audit(),
            audit("credit-mlp", "torch", shift=-0.013),
            audit("credit-mlp-private", "torch", shift=-0.041, parent="credit-mlp"),
        ),
    )


CHANGES = [
    r.Change(model=model, beside=beside, measurement=measurement)
    for model, beside in (("credit-mlp", "credit-gbm"), ("credit-mlp-private", "credit-mlp"))
    for measurement in (
        r.Measurement(
            name="accuracy", value=-0.013, n=6012, unit="share", direction="higher",
            interval=r.Interval(low=-0.02, high=-0.006, method="Tango score, paired"),
        ),
        r.Measurement(
            name="selection_rate", value=0.004, n=2013, unit="share", slice={"sex": "F"},
            interval=r.Interval(low=-0.009, high=0.017, method="Tango score, paired"),
        ),
        r.Measurement(
            name="selection_rate", value=None, unit="share", slice={"marital": "Widowed"},
            reason="fewer than 10 people",
        ),
    )
]  # fmt: skip

WAIVER = r.Waiver(
    limit="eo-sex",
    reason="retraining is scheduled, ticket 4711",
    approver="Head of Credit Risk",
    expires=datetime.date(2027, 1, 31),
)

OUTCOME = r.Outcome(
    verdict="missed",
    exit_code=1,
    sentence="2 of 10 limits are missed.",
    reasons=(
        "dp-sex: demographic parity ratio over sex is 0.367 (0.331 to 0.405); at least 0.8 was required",
        "robust-linf: robust accuracy at epsilon=0.1 is 0.412 (0.381 to 0.443); at least 0.6 was required",
        "concepts: the check explanations.concepts ended in an error",
        "eo-race: the interval of 0.121 (0.062 to 0.186) holds the limit 0.1",
    ),
    counts={"met": 3, "missed": 2, "waived": 1, "inconclusive": 2, "error": 1, "not tested": 1},
)


def model(name: str = "credit-gbm", kind: str = "sklearn") -> r.ModelInfo:
    return r.ModelInfo(
        name=name,
        kind=kind,
        task="binary",
        classes=("declined", "approved"),
        positive="approved",
        threshold=0.31,
        threshold_note="given by the owner",
        capabilities=("probabilities", "scores"),
        fingerprint=DIGEST,
        loaded="skops file",
        notes=("Opened without running foreign code.",),
    )


def data() -> r.DataInfo:
    feature = r.FeatureInfo
    return r.DataInfo(
        name="credit-test",
        rows=6012,
        digest=DIGEST[::-1],
        task="binary",
        modality="table",
        label="decision",
        positive="approved",
        features=(
            feature(name="income", kind="number", missing=0, detail="0 to 412,000"),
            feature(name="purpose", kind="category", missing=12, detail="7 values"),
            feature(name="sex", kind="category", group=True, seen_by_model=False, missing=0),
            feature(name="marital", kind="category", group=True, missing=3),
        ),
        groups=(
            r.GroupInfo(attribute="sex", value="F", rows=2004),
            r.GroupInfo(attribute="sex", value="M", rows=4008),
            r.GroupInfo(attribute="marital", value="Married", rows=3771),
            r.GroupInfo(attribute="marital", value=checks.LONG, rows=2210),
            r.GroupInfo(attribute="marital", value="Widowed", rows=None, hidden=checks.FEW),
        ),
        train_rows=24048,
        notes=("3 missing values of marital became the group 'missing'.",),
    )


def plan(results: tuple[r.CheckResult, ...], limits: tuple[r.Limit, ...]) -> r.Plan:
    planned = tuple(
        r.PlannedCheck(
            check=result.check,
            plugin=result.plugin,
            plugin_version=result.plugin_version,
            parameters=result.parameters,
            rows=result.rows.used if result.rows else None,
            calls=1200,
            skipped=result.reason if result.status == "skipped" else None,
        )
        for result in results
    )
    return r.Plan(checks=planned, limits=limits, budget="standard", seed=0, digest="9c01" * 16)


def provenance() -> r.Provenance:
    plugin = r.PluginInfo
    return r.Provenance(
        auditkit="0.1.0",
        python="3.11.9",
        platform="Linux x86_64",
        packages={"numpy": "2.3.1", "scikit-learn": "1.9.0", "torch": "2.13.0", "vl-convert-python": "1.8.0"},
        threads=2,
        device="cpu",
        plugins=(
            plugin(
                name="fairness",
                distribution="auditkit-rai",
                version="0.1.0",
                source="built-in",
                loaded=True,
                hooks=("register_checks",),
                checks=("fairness.groups",),
            ),
            plugin(
                name="acme",
                distribution="acme-audit",
                version="2.1",
                source="entry point",
                loaded=False,
                error="ImportError: No module named 'acme_core'",
            ),
        ),
        settings_digest="77aa" * 16,
    )


def verdicts(results: tuple[r.CheckResult, ...]) -> tuple[r.Verdict, ...]:
    """One verdict of every kind, on the numbers of `results`."""

    def of(check: str, name: str, number: int = 0) -> r.Measurement:
        result = next(candidate for candidate in results if candidate.check == check)
        return [measurement for measurement in result.measurements if measurement.name == name][number]

    def verdict(limit: r.Limit, status: str, reason: str, *measured: r.Measurement, **more: Any) -> r.Verdict:
        check = limit.measurement.rpartition(".")[0]
        judged = tuple(
            r.Judged(check=check, measurement=measurement, status=status, reason=reason) for measurement in measured
        )  # type: ignore[arg-type]
        return r.Verdict(limit=limit, status=status, reason=reason, judged=judged, **more)  # type: ignore[arg-type]

    groups, quality = "fairness.groups", "performance.quality"
    ratio, odds = "demographic_parity_ratio", "equalized_odds_difference"
    limit = r.Limit
    return (
        verdict(
            limit(name="accuracy-floor", measurement=f"{quality}.accuracy", at_least=0.8, because="model policy 2.1"),
            "met",
            "the whole interval is at least 0.8",
            of(quality, "accuracy"),
        ),
        verdict(
            limit(name="calibrated", measurement=f"{quality}.calibration_error", at_most=0.05, judge="point"),
            "met",
            "the value is at most 0.05; the interval was not asked for",
            of(quality, "calibration_error"),
        ),
        verdict(
            limit(
                name="dp-sex",
                measurement=f"{groups}.{ratio}",
                across=("sex",),
                at_least=0.8,
                because="credit policy 3.2, after the four-fifths rule",
            ),
            "missed",
            "the whole interval is under 0.8",
            of(groups, ratio),
        ),
        verdict(
            limit(name="eo-race", measurement=f"{groups}.{odds}", across=("marital",), at_most=0.1),
            "inconclusive",
            "the interval holds 0.1, the value is above it; about 1,400 more rows would decide",
            of(groups, odds, 1),
        ),
        verdict(
            limit(name="eo-sex", measurement=f"{groups}.{odds}", across=("sex",), at_most=0.1),
            "missed",
            "the whole interval is above 0.1",
            of(groups, odds),
            waiver=WAIVER,
            waived=True,
        ),
        verdict(
            limit(name="proxies", measurement="explanations.importance.protected_share", at_most=0.05),
            "inconclusive",
            "the number is invalid: its control does not hold",
            of("explanations.importance", "protected_share"),
        ),
        verdict(
            limit(
                name="robust-linf",
                measurement="robustness.evasion.robust_accuracy",
                at_least=0.6,
                conditions={"epsilon": 0.1},
            ),
            "missed",
            "the whole interval is under 0.6",
            of("robustness.evasion", "robust_accuracy", 2),
        ),
        verdict(
            limit(name="members", measurement="privacy.membership.auc", at_most=0.55),
            "met",
            "the whole interval is at most 0.55",
            of("privacy.membership", "auc"),
        ),
        verdict(
            limit(name="concepts", measurement="explanations.concepts.sensitivity", at_most=0.2),
            "error",
            "the check explanations.concepts ended in an error",
        ),
        verdict(
            limit(name="gradients", measurement="explanations.gradients.faithfulness", at_least=0.5),
            "not tested",
            "the check explanations.gradients was skipped: needs gradients",
        ),
    )


def coverage(results: tuple[r.CheckResult, ...]) -> tuple[r.Coverage, ...]:
    tried = tuple(
        r.Coverage(
            check=result.check,
            question=result.about.question,
            status=result.status,
            reason=result.reason or "",
            level=result.level,
            higher_level=result.higher_level,
        )
        for result in results
    )
    left = r.Coverage(
        check="privacy.inversion",
        question="Can inputs be rebuilt from answers?",
        status="not selected",
        reason="not among [audit] checks",
    )
    return (*tried, left)


def rules() -> r.RuleCoverage:
    clause = r.Clause
    return r.RuleCoverage(
        pack="nist-ai-rmf",
        title="NIST AI Risk Management Framework 1.0, MEASURE",
        source="NIST AI 100-1, January 2023",
        status="voluntary framework",
        verified_on="2026-02-20",
        note="Paraphrased. Clauses about organisation cannot be answered by measuring a model.",
        clauses=(
            clause(
                id="MEASURE 2.5",
                text="Valid and reliable; limits of generalisation documented.",
                status="present",
                evidence=("performance.quality.accuracy",),
            ),
            clause(
                id="MEASURE 2.7",
                text="Security and resilience evaluated and documented.",
                status="partial",
                evidence=("robustness.evasion.robust_accuracy",),
                missing=("robustness.poisoning.*",),
            ),
            clause(
                id="MEASURE 2.10",
                text="Privacy risk examined and documented.",
                status="absent",
                missing=("privacy.inversion.*",),
                note="The check was not selected.",
            ),
            clause(id="MEASURE 3.3", text="Feedback of end users gathered.", status="not computable"),
        ),
    )


CLOSED = frozenset(
    {"not tested", "measured", "skipped", "not selected", "present", "partial", "absent", "not computable", "higher",
     "lower", "none", "valid", "invalid", "note", "x", "y", "interval", "point", "recorded", "queries", "model",
     "training", "image/png", "image/svg+xml", "exception", "missing extra", "time limit", "findings", "plugin",
     "built-in", "entry point", "file", "object", "dot-whisker", "curve", "heat-map", "bars", "forest", "image", "met",
     "missed", "inconclusive", "error", "value", "low", "high", "at least", "at most", "grows", "shrinks", "neither"}
)  # fmt: skip
"""Words of the closed vocabularies, which no text of a stranger can reach."""
ENUMS = frozenset(
    {"status", "direction", "validity", "kind", "source", "mark", "axis", "on_failure", "judge", "level", "media_type"}
    | {"verdict", "role", "end", "worse_off", "bound", "more_groups"}
)
FIXED = frozenset({"base64", "expires", "started", "finished"})


def hostile(payload: str) -> r.AuditResult:
    """The audit with `payload` at the end of every free text and of every free key."""

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            fixed = key in FIXED or (key in ENUMS and value in CLOSED)
            return value if fixed else value + payload
        if isinstance(value, list):
            return [spoil(item, "row" if key == "data" else key) for item in value]
        if isinstance(value, dict):
            free = key in FREE_KEYS
            return {name + payload * free: spoil(item, "" if free else name) for name, item in value.items()}
        return value

    with_section = audit().model_copy(update={"sections": (SECTION,)})
    return r.AuditResult.model_validate(spoil(with_section.model_dump(mode="json")))


SECTION = r.Section(
    id="acme.energy",
    title="What did it cost?",
    plugin="acme",
    plugin_version="1.0",
    paragraphs=("The audit took 3 kWh.", "Half of it was idle."),
    figures=(
        figures.bars(
            "energy", "Energy by part", [{"part": "idle", "kwh": 1.5}, {"part": "busy", "kwh": 1.6}],
            label=r.Axis(field="part", title="part"), value=r.Axis(field="kwh", title="kWh"),
        ),
    ),
    tables=(
        r.Table(
            name="energy", title="Energy", caption="By part.", rows=(("idle", 1.5), ("busy", 1.6)),
            columns=(r.Column(name="part", title="Part"), r.Column(name="kwh", title="kWh")),
        ),
    ),
)  # fmt: skip
"""What a plugin adds to the report."""


FREE_KEYS = frozenset(
    {"slice", "conditions", "parameters", "definitions", "packages", "card", "check_seconds", "counts", "row"}
)
"""Mappings whose keys are free text; `row` is one of a figure's data."""
