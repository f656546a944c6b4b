"""What the measurements of predicted times until an event mean."""

from auditkit.results import NOBODY, Definition, of_everyone

_AT = "under the condition `horizon`"
_KNOWN = "How long people are followed is taken as known and as unrelated to their risk, in each group by itself."
DEFINITIONS = of_everyone(
    {
        "harrell_concordance": Definition(
            title="Concordance (Harrell)",
            formula="pairs in which the earlier event has the higher risk / pairs of which it is known whose event "
            "came first; ties of risk count half",
            range="0 to 1; 0.5 is chance", direction="higher",
            reference="Harrell, Lee and Mark (1996), Statistics in Medicine 15; interval: infinitesimal jackknife",
            pitfalls="Hangs on how long people are followed: two studies of one model can differ. Says nothing of "
            "whether chances are right.", harm=NOBODY,
        ),
        "uno_concordance": Definition(
            title="Concordance (Uno)",
            formula="as Harrell's, each pair weighted by 1 / G² of the earlier time, until the last horizon; G: the "
            "chance of still being followed",
            range="0 to 1; 0.5 is chance", direction="higher",
            reference="Uno et al. (2011), Statistics in Medicine 30; interval: infinitesimal jackknife",
            pitfalls=f"{_KNOWN} Uncertain where few are followed until late.", harm=NOBODY,
        ),
        "survival_brier_score": Definition(
            title="Brier score at a horizon",
            formula=f"mean squared difference of event and predicted chance of it, weighted by 1 / G, {_AT}",
            range="0 or more", direction="lower",
            reference="Graf et al. (1999), Statistics in Medicine 18; interval: Student (1908), Biometrika 6",
            pitfalls=f"{_KNOWN} Hangs on how common the event is: compare with the same people only.", harm=NOBODY,
        ),
        "risk_calibration": Definition(
            title="Predicted less observed risk at a horizon",
            formula=f"mean predicted chance of the event - share who had it (1 - Kaplan-Meier), {_AT}",
            range="any number", unit="share",
            reference="van Houwelingen (2000), Statistics in Medicine 19; interval: Student (1908), Biometrika 6",
            pitfalls=f"{_KNOWN} A mean of 0 can hide chances that are too high for some and too low for others.",
            harm=NOBODY,
        ),
        "observed_risk": Definition(
            title="Observed risk at a horizon", formula=f"1 - Kaplan-Meier estimate, {_AT}", range="0 to 1",
            unit="share", reference="Kaplan and Meier (1958), JASA 53; interval: Student (1908), Biometrika 6",
            pitfalls="About these people, whatever the model.", harm=NOBODY,
        ),
        "censored_share": Definition(
            title="People last seen without the event", formula="people without the event / people", range="0 to 1",
            unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="They are kept in every number, until they were last seen.", harm=NOBODY,
        ),
    }
)  # fmt: skip
# who had the event is a count of people, whom no table of labels and decisions keeps safe
DEFINITIONS |= {
    name: DEFINITIONS[name].model_copy(update={"made_of": "further"}) for name in ("observed_risk", "censored_share")
}
