"""What the measurements of `language.judge` mean."""

from auditkit.results import NOBODY, Definition, of_everyone

_WILSON = "Wilson (1927), JASA 22; by prompt: Rao and Scott (1992), Biometrics 48"
AGREEMENT, KAPPA, ERROR = "judge_agreement", "judge_kappa", "judge_error"
SHARE, CORRECTED = "judged_good_share", "corrected_good_share"
_DRAWN = "Holds where the labelled answers were drawn by chance from all."

DEFINITIONS = of_everyone(
    {
        AGREEMENT: Definition(
            title="Agreement of judge and people", formula="answers that both grade alike / answers that people graded",
            range="0 to 1", direction="higher", unit="share", reference=_WILSON,
            pitfalls="High by chance alone where nearly all answers are good: read kappa.", harm=NOBODY,
        ),
        KAPPA: Definition(
            title="Cohen's kappa of judge and people",
            formula="(agreement - agreement by chance) / (1 - that by chance)",
            range="-1 to 1", direction="higher",
            reference="Cohen (1960); Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72",
            pitfalls="Small where nearly all answers get the same grade, even of a good judge.", harm=NOBODY,
        ),
        ERROR: Definition(
            title="What the judge adds", formula="mean over answers that people graded of the judge's grade - theirs",
            range="-1 to 1", unit="share",
            reference="Student (1908) with the added cases of Agresti and Coull (1998)",
            pitfalls="Above 0 the judge is too kind. At 0 it may still err about single answers.", harm=NOBODY,
        ),
        SHARE: Definition(
            title="Answers that the judge calls good", formula="answers that the judge grades 1 / graded answers",
            range="0 to 1", direction="higher", unit="share", reference=_WILSON,
            pitfalls="Of the judge's opinion; inconclusive where kappa is too small or not known.", harm=NOBODY,
        ),
        CORRECTED: Definition(
            title="Good answers, corrected for the judge's errors",
            formula="judge's share of answers that nobody labelled - mean error of the judge on labelled ones",
            range="0 to 1", direction="higher", unit="share",
            reference="Angelopoulos et al. (2023), Science 382, arXiv:2301.09633; Zou and Donner (2008), Statistics in "
            "Medicine 27",
            pitfalls=f"{_DRAWN} A poor judge makes the interval wide, not wrong.", harm=NOBODY,
        ),
    }
)  # fmt: skip
