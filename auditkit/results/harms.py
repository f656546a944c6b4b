"""Who fares worse by a measure, where being selected is a benefit and where it is a burden."""

from __future__ import annotations

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
        whose = "nobody" if outcome is None else self.benefit if outcome == "benefit" else self.burden
        return None if whose == "nobody" else whose


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
