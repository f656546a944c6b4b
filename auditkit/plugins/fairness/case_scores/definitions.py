"""What the measurements of gaps between groups in scores of cases mean."""

from auditkit.results import NOBODY, Definition, of_everyone
from auditkit.variants import defined

DIFFERENCE, RATIO = "mean_score_difference", "mean_score_ratio"

_PAIRS = "interval: Tamhane (1979), JASA 74 (T2), all pairs of groups at once"
_LARGEST = (
    "The largest of many differences is large by chance in small groups: read the interval and the adjusted p-value."
)
DEFINITIONS = defined(
    of_everyone(
        {
            DIFFERENCE: Definition(
                title="Difference of mean scores",
                formula="max over groups - min over groups of the mean score, under the condition `score`",
                range="0 or more",
                direction="lower",
                reference=_PAIRS,
                pitfalls=f"In what the score is counted in. Groups may hold harder cases. {_LARGEST}",
                harm=NOBODY,
                more_groups="grows",
            ),
            RATIO: Definition(
                title="Ratio of mean scores",
                formula="min over groups / max over groups of the mean score, under the condition `score`",
                range="0 to 1",
                direction="higher",
                reference="interval: delta method on logarithms, all pairs at once",
                pitfalls="For scores above 0 whose zero means none at all. A score near its best end hides how many "
                f"more cases go wrong: 0.99 and 0.98 are a ratio of 0.99, and twice the losses. {_LARGEST}",
                harm=NOBODY,
                more_groups="shrinks",
            ),
        }
    )
)
