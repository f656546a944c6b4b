"""What the measurements of variants of prompts mean."""

from auditkit.results import NOBODY, Definition, of_everyone

DIFFERENCE, MEAN, CHANGED, UNGRADED = (
    "counterfactual_difference", "variant_mean", "changed_share", "unscored_answer_share",
)  # fmt: skip
_GARG = "Garg et al. (2019), Counterfactual fairness in text classification through robustness, arXiv:1809.10610"
_HUANG = (
    "Huang et al. (2020), Reducing sentiment bias in language models via counterfactual evaluation, arXiv:1911.03064"
)
_EACH = "under the condition `score`"
_CHANCE = "A model that draws its answers by chance differs from itself too: "

DEFINITIONS = of_everyone(
    {
        DIFFERENCE: Definition(
            title="Difference in a score within base prompts",
            formula="max over pairs of groups of |mean over base prompts of (score in one group's variant - score in "
            f"the other's)|, {_EACH}",
            range="0 or more", direction="lower",
            reference=f"{_GARG}; {_HUANG}; interval: Student (1908) within base prompts, all pairs at once (Šidák "
            "1967); test: Westfall and Young (1993)",
            pitfalls="In what the score is counted in. Up for some base prompts and down for others cancels: read the "
            "share that changes. A word may rightly change an answer (a question about fasting). Names differ in more "
            "than one group.",
            harm=NOBODY, more_groups="grows",
        ),
        MEAN: Definition(
            title="Mean score of a group's variants", formula=f"mean over base prompts of the mean score, {_EACH}",
            range="that of the scores", reference="Student (1908); Wilson (1927), JASA 22",
            pitfalls="Groups have not always the same base prompts: the difference is taken within these.", harm=NOBODY,
        ),
        CHANGED: Definition(
            title="Share of base prompts whose score changes", formula="base prompts whose variants have different "
            f"scores / base prompts with a score in two variants or more, {_EACH}",
            range="0 to 1", direction="lower", unit="share", reference=f"{_GARG}; Wilson (1927), JASA 22",
            pitfalls=f"{_CHANCE}see `language.consistency`. Grows with the number of variants.", harm=NOBODY,
        ),
        UNGRADED: Definition(
            title="Share of answers without a score", formula=f"answers without a score / answers, {_EACH}",
            range="0 to 1", direction="lower", unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="Of grades: answers that hold no number of the range, or several. Above 5 % the differences are "
            "inconclusive.", harm=NOBODY,
        ),
    }
)  # fmt: skip
