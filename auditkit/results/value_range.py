"""Between which ends the numbers of a measurement lie, as the words of its definition say."""

import math
import re
from typing import Final

_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_FORMS: Final = tuple(
    # nothing may follow that changes the number, as in "0 to 100 %" or "0 to 1 million"
    re.compile(rf"{form}(?=$|[;,]| \(| / )")
    for form in (
        rf"(?P<low>{_NUMBER})(?: \([^)]*\))? to (?P<high>{_NUMBER}|accuracy)",
        rf"(?P<low>{_NUMBER}) (?:or more|and above|to k)",
        rf"(?:above|whole numbers from) (?P<low>{_NUMBER})",
        rf"at most (?P<high>{_NUMBER})",
        rf"[\[(](?P<low>{_NUMBER}), ?(?P<high>{_NUMBER})[\])]",
        rf"(?P<high>{_NUMBER}) or less",
    )
)


def of_unit(unit: str) -> str:
    """The range of a number of which nobody says it, in the words of a definition.

    Args:
        unit: of the number, such as `share`.
    """
    return "-1 to 1 (a share, or a difference of two)" if unit == "share" else "see method"


def ends(words: str, task: str = "binary") -> tuple[float, float]:
    """The least and the largest value; infinite where the words name none.

    Args:
        words: the `range` of a definition, such as `0 to 1; 0.5 is chance`, `0 or more` or `any number`.
        task: of the data; some measurements have another range "for predicted numbers", which scores of cases are
            like.
    """
    classes, _, numbers = words.partition("for predicted numbers ")
    own = numbers if numbers and task in ("regression", "case_scores") else classes
    named = next((match.groupdict() for form in _FORMS if (match := form.match(own))), {})
    high = named.get("high", math.inf)
    # accuracy is a share
    return float(named.get("low", -math.inf)), 1.0 if high == "accuracy" else float(high)
