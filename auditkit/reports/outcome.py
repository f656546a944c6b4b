"""What being selected is to a person, as the owner stated it; or the question, where nobody did."""

from auditkit.results import DataInfo, Definition, Meaning, harm_text, meaning_text

ASKS = {
    "binary": "is being selected a benefit or a burden?",
    "regression": "is a high prediction a benefit or a burden?",
    "multiclass": "is being decided for a class a benefit or a burden?",
}
WAYS = {"multiclass": 'outcome = { CLASS = "benefit", CLASS = "burden" }'}
"""How it is stated under [data], where that is not one word."""
NOT_ASKED = ("case_scores", "generation", "survival")
"""Tasks in which nobody is selected."""


def is_stated(data: DataInfo) -> bool:
    """Whether a direction is taken; with more than two classes one word says nothing."""
    return bool(data.outcome) and (data.task != "multiclass" or not isinstance(data.outcome, str))


def stated(data: DataInfo) -> str:
    """`Selected means "flagged as high risk", a burden.`; empty where nothing was stated."""
    return meaning_text(data.outcome if is_stated(data) else None, data.selected_means, data.task)


def open_question(data: DataInfo) -> str:
    """The question for the owner, with the setting that answers it; empty where it is answered, or nobody compared."""
    # where nobody is compared nobody has to say whom a number hurts
    if is_stated(data) or not data.groups or data.task in NOT_ASKED:
        return ""
    setting = WAYS.get(data.task, 'outcome = "benefit" or "burden"')
    question = ASKS.get(data.task, ASKS["binary"])
    return f"Not stated: {question} The owner says it with {setting} under [data]; until then no direction is taken."


def sentence(data: DataInfo) -> str:
    """What was stated and what was not."""
    return " ".join(filter(None, (stated(data), open_question(data))))


def in_short(data: DataInfo) -> str:
    """For the head of a page: `flagged as high risk: a burden`; empty where no groups are compared."""
    if is_stated(data):
        return stated(data).removeprefix("Selected means ").removeprefix("Being selected is ").rstrip(".")
    asked = data.groups and data.task not in NOT_ASKED  # which of its values are better, a score says itself
    return f"{ASKS.get(data.task, ASKS['binary']).capitalize()} Not stated." if asked else ""


def worse_off_by(definition: Definition, data: DataInfo) -> str:
    """Who is worse off by a measure, of two groups, in a sentence; empty where nothing was stated."""
    if not isinstance(data.outcome, str) or not is_stated(data) or definition.harm is None:
        return ""
    return harm_text(definition.harm, data.outcome, data.task) or "It does not say who is worse off."


def column_of(outcome: Meaning | None, definition: Definition) -> str:
    """As `worse_off_by`, for a table: low, high or nobody."""
    return "" if definition.harm is None else definition.harm.worse_off(outcome) or "nobody"
