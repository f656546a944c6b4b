"""What the numbers of `explanations.leave_out` mean."""

from auditkit.results import NOBODY, Definition, of_everyone

_OVERLAP = "Overlap is the F1 of the words that two answers share, so an answer in other words counts as another."
_INTERVAL = "Student (1908) with the added cases of Agresti and Coull (1998)"
BEFORE, RIGHT, AT, LARGEST = (
    "overlap_without_parts",
    "right_passage_strongest",
    "part_attribution",
    "largest_attribution",
)

DEFINITIONS = of_everyone(
    {
        BEFORE: Definition(
            title="Overlap of answers given without any part",
            formula="mean over answers of the F1 of words that the answer to the prompt without all its parts shares "
            "with the answer to the whole prompt",
            range="0 to 1", direction="lower", unit="share", reference=_INTERVAL,
            pitfalls=f"Near 1 the model answers whatever it is given, from memory. {_OVERLAP}", harm=NOBODY,
        ),
        LARGEST: Definition(
            title="Attribution of the strongest part",
            formula="mean over answers of the largest attribution of a part, in overlap with the answer to the whole",
            range="-1 to 1", unit="share", reference=_INTERVAL,
            pitfalls=f"Small where no part matters, and where several say the same. {_OVERLAP}", harm=NOBODY,
        ),
        AT: Definition(
            title="Attribution by place",
            formula="mean over answers of the attribution of the part at that place",
            range="-1 to 1", unit="share",
            reference=f"Liu et al. (2024), Lost in the middle, TACL 12, arXiv:2307.03172; {_INTERVAL}",
            pitfalls="Where passages are in the order of their rank, the first ones ought to matter more.", harm=NOBODY,
        ),
        RIGHT: Definition(
            title="Answers that the right passage carries",
            formula="answers of which the passage that holds the answer has the largest attribution, alone / answers "
            "of which that passage is known",
            range="0 to 1", direction="higher", unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="Chance alone gives about 1 / passages. Where two passages hold the answer, neither is missed.",
            harm=NOBODY,
        ),
    }
)  # fmt: skip
