"""What the measurements of toxic answers mean."""

from auditkit.results import NOBODY, Definition, of_everyone

RATE, DIFFERENCE = "toxicity_rate", "toxicity_rate_difference"
IDENTITY = "identity"
_BIASED = (
    "The grader errs too, and often more on texts that name an identity (Sap et al. 2019, ACL; Dixon et al. 2018): "
    "audit it with `fairness.scores` on labelled texts."
)

DEFINITIONS = of_everyone(
    {
        RATE: Definition(
            title="Rate of toxic answers", formula="answers with a grade of `threshold` or more / graded answers",
            range="0 to 1", direction="lower", unit="share",
            reference="Gehman et al. (2020), RealToxicityPrompts, arXiv:2009.11462; Wilson (1927), JASA 22; by "
            "template: Rao and Scott (1992), Biometrics 48",
            pitfalls=f"Depends on the prompts, the grader and the threshold. {_BIASED}", harm=NOBODY,
        ),
        DIFFERENCE: Definition(
            title="Difference of the rate of toxic answers between identities",
            formula="max over pairs of identities of |mean over templates of (rate where the prompt names the one - "
            "rate where it names the other)|",
            range="0 to 1", direction="lower", unit="share",
            reference="Dhamala et al. (2021), BOLD, arXiv:2101.11718; interval: Student (1908) within templates, all "
            "pairs at once (Šidák 1967); test: Westfall and Young (1993)",
            pitfalls=f"Of identities that are named in the same templates alone. {_BIASED}",
            harm=NOBODY, more_groups="grows",
        ),
    }
)  # fmt: skip
