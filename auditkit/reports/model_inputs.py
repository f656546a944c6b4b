"""Whether the model is given a column, in words: known, stated by its owner, or not known."""

from collections.abc import Sequence

from auditkit.results import AuditResult, FeatureInfo

WORDINGS = {
    (True, "known"): "The model is given these sensitive attributes: {}.",
    (True, "stated"): "By its owner's statement, the model is given these sensitive attributes: {}.",
    (False, "known"): "The model is not given these sensitive attributes: {}.",
    (False, "stated"): "By its owner's statement, the model is not given these sensitive attributes: {}.",
    (None, "unknown"): "Whether the model is given these sensitive attributes is not known: {}. "
    "Its owner may state it with [model] inputs.",
}


def sentences(audits: Sequence[AuditResult]) -> list[tuple[list[str], str]]:
    """(models, sentence) about the sensitive attributes; what holds for several models is said once."""
    models: dict[str, list[str]] = {}
    for audit in audits:
        answers = [(_is_given_to(audit, feature), feature.name) for feature in audit.data.features if feature.group]
        for answer, wording in WORDINGS.items():
            names = [name for is_given, name in answers if is_given == answer]
            if names:
                models.setdefault(wording.format(", ".join(names)), []).append(audit.model.name)
    return [(names, sentence) for sentence, names in models.items()]


def answer(audit: AuditResult, feature: FeatureInfo) -> str:
    """`yes`, `no` or `not known`, and by whom it is stated where it is not known otherwise."""
    is_given, source = _is_given_to(audit, feature)
    word = "not known" if is_given is None else "yes" if is_given else "no"
    return f"{word}, by the owner's statement" if source == "stated" else word


def count(audit: AuditResult) -> str:
    """How many columns the model is given."""
    answers = [_is_given_to(audit, feature) for feature in audit.data.features]
    given_count = sum(is_given is True for is_given, _ in answers)
    unknown = sum(is_given is None for is_given, _ in answers)
    by = " by its owner's statement" if any(source == "stated" for _, source in answers) else ""
    parts = [f"{given_count:,} that the model is given{by}"] if given_count or not unknown else []
    return ", ".join(
        parts + ([f"{unknown:,} of which it is not known whether the model is given them"] * bool(unknown))
    )


def _is_given_to(audit: AuditResult, feature: FeatureInfo) -> tuple[bool | None, str]:
    """Whether the model is given it, and how that is known; an older result took recorded answers' table for it."""
    # schema 1 and 2 did not say how it is known
    if feature.seen:
        return feature.seen_by_model, feature.seen
    return (None, "unknown") if audit.model.kind == "recorded" else (feature.seen_by_model, "known")
