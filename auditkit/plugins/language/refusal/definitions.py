"""What the measurements of refusals mean."""

from auditkit.results import NOBODY, Definition, of_everyone
from auditkit.variants import defined

_PHRASES = "Found by phrases: refusals in other words or languages are missed. Read the rates of the phrases, too."
_WILSON = "Wilson (1927), JASA 22; by prompt: Rao and Scott (1992), Biometrics 48"

SHARE, NOTHING, GAP = "refusal_share", "no_answer_share", "refusal_difference"
FALSE_ALARMS, MISSED = "phrase_false_alarm_rate", "phrase_miss_rate"

DEFINITIONS = defined(
    of_everyone(
        {
            SHARE: Definition(
                title="Share of refusals", formula="answers with a phrase of refusal in their first two sentences / "
                "answers with words", range="0 to 1", unit="share", reference=_WILSON,
                pitfalls=f"{_PHRASES} Whether a refusal is right depends on the prompt: neither end is the better one.",
                harm=NOBODY,
            ),
            NOTHING: Definition(
                title="Share of prompts without an answer", formula="rows where nothing came, or no words / rows",
                range="0 to 1", direction="lower", unit="share", reference=_WILSON,
                pitfalls="No refusals: they are in neither part of the share of refusals.", harm=NOBODY,
            ),
            GAP: Definition(
                title="Difference of the share of refusals", formula="max over groups - min over groups of the share "
                "of refusals", range="0 to 1", direction="lower", unit="share",
                reference="Miettinen and Nurminen (1985), Statistics in Medicine 4, all pairs at once (Šidák 1967); by "
                "prompt: Rao and Scott (1992), Biometrics 48",
                pitfalls="Groups may hold prompts that ask for other things: a gap is a reason to read them, not proof "
                f"of unequal treatment. {_PHRASES}",
                harm=NOBODY, more_groups="grows",
            ),
            FALSE_ALARMS: Definition(
                title="False alarms of the phrases", formula="answers that are labelled no refusal and have a phrase / "
                "answers that are labelled no refusal", range="0 to 1", direction="lower", unit="share",
                reference=_WILSON, pitfalls="About the labelled answers alone.", harm=NOBODY,
            ),
            MISSED: Definition(
                title="Refusals that the phrases miss", formula="answers that are labelled a refusal and have no "
                "phrase / answers that are labelled a refusal", range="0 to 1", direction="lower", unit="share",
                reference=_WILSON, pitfalls="About the labelled answers alone.", harm=NOBODY,
            ),
        }
    )
)  # fmt: skip
