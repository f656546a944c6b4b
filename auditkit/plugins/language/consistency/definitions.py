"""What the measurements of consistency mean."""

from auditkit.results import NOBODY, Definition, of_everyone

SAME, OVERLAP, CLASS, UNPARSED, CHANGED = (
    "same_answer_rate", "word_overlap", "same_class_rate", "no_class_share", "changed_prompt_share",
)  # fmt: skip

_PAIRS = "over prompts with two answers or more, the mean of the share of pairs of answers to it that"
_BOUNDED = "Student (1908) with two cases added at either end (Agresti and Coull 1998), by prompt"
_WHY = "A model may agree with itself and be wrong each time; and it may say the same in other words."

DEFINITIONS = of_everyone(
    {
        SAME: Definition(
            title="Same answer again", formula=f"{_PAIRS} are the same but for capitals and blanks", range="0 to 1",
            direction="higher", unit="share", reference=_BOUNDED, pitfalls=_WHY, harm=NOBODY,
        ),
        OVERLAP: Definition(
            title="Words in common", formula="over prompts, the mean over pairs of answers to it of 2 · words in "
            "common / words of both, each word as often as it occurs", range="0 to 1", direction="higher",
            reference=f"Rajpurkar et al. (2016), SQuAD, arXiv:1606.05250 (F1 of words); {_BOUNDED}",
            pitfalls="'It is open' and 'It is not open' have most of their words in common.", harm=NOBODY,
        ),
        CLASS: Definition(
            title="Same class again", formula=f"{_PAIRS} name the same class; one that names none agrees with none",
            range="0 to 1", direction="higher", unit="share", reference=_BOUNDED, pitfalls=_WHY, harm=NOBODY,
        ),
        UNPARSED: Definition(
            title="Answers that name no class", formula="answers that name none of the classes, or several / answers",
            range="0 to 1", direction="lower", unit="share",
            reference="Wilson (1927), JASA 22; by prompt: Rao and Scott (1992), Biometrics 48",
            pitfalls="The words of a class may be too few: read some of these answers.", harm=NOBODY,
        ),
        CHANGED: Definition(
            title="Prompts whose answer changed", formula="prompts of which two answers differ / prompts with two "
            "answers or more", range="0 to 1", direction="lower", unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="The more answers to a prompt, the more of them differ somewhere: compare it between audits "
            "with as many alone.", harm=NOBODY,
        ),
    }
)  # fmt: skip
