"""Who fares worse by a measure, where being selected is a benefit and where it is a burden."""

from collections.abc import Mapping
from typing import Literal

from auditkit.results.base import Meaning, Record


class Harm(Record):
    """Who fares worse by a measure: those with the low or the high value, or nobody."""

    benefit: Literal["low", "high", "nobody"]
    """Where being selected is a benefit."""
    burden: Literal["low", "high", "nobody"]
    """Where being selected is a burden."""

    def worse_off(self, outcome: Meaning | None) -> Literal["low", "high"] | None:
        """Whose value, of two, is that of the worse off; None where nobody is, or where `outcome` was not stated."""
        # without the owner's statement nobody is called worse off: a high rate of arrests is no benefit
        end = "nobody" if outcome is None else self.benefit if outcome == "benefit" else self.burden
        return None if end == "nobody" else end


SELECTED_MORE = Harm(benefit="low", burden="high")
"""The higher the number, the more are selected, whoever they are: selection rate, true and false positive rate."""
SELECTED_LESS = Harm(benefit="high", burden="low")
"""The higher the number, the fewer are selected: rejection rate, true and false negative rate."""
WRONGLY_SELECTED = Harm(benefit="nobody", burden="high")
"""The higher, the more of the selected should not have been: only a burden is a wrong done to them."""
RIGHTLY_SELECTED = Harm(benefit="nobody", burden="low")
WRONGLY_REJECTED = Harm(benefit="high", burden="nobody")
"""The higher, the more of the others should have been selected: only a benefit is withheld from them."""
RIGHTLY_REJECTED = Harm(benefit="low", burden="nobody")
NOBODY = Harm(benefit="nobody", burden="nobody")
"""Mistakes of both kinds in one number, or a number about all groups together: it does not say who fares worse."""


def meaning_text(outcome: Meaning | Mapping[str, Meaning] | None, selected_means: str, task: str = "binary") -> str:
    """What being selected is, in a sentence: `Selected means "flagged as high risk", a burden.`; empty: not stated.

    Args:
        outcome: as the owner stated it.
        selected_means: the owner's words; empty for none.
        task: of the data; of predicted numbers a high one is what `outcome` is about.
    """
    if outcome is not None and not isinstance(outcome, str):
        classes = ", ".join(f"for {name} a {word}" for name, word in outcome.items())
        return f"Being decided {classes}."
    if selected_means:
        return f'Selected means "{selected_means}"' + (f", a {outcome}." if outcome else ".")
    subject = "A high prediction" if task == "regression" else "Being selected"
    return f"{subject} is a {outcome}." if outcome else ""


def harm_text(harm: Harm, outcome: Meaning | None, task: str = "binary") -> str:
    """Which of two values is that of the worse off, in a sentence; empty where none is, or where it was not stated."""
    side = harm.worse_off(outcome)
    if side is None:
        return ""
    subject = "a high prediction" if task == "regression" else "being selected"
    return f"Of two groups the one with the {side}er value is worse off, as {subject} is a {outcome}."
