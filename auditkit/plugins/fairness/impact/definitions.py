"""What the measurements of adverse impact and of the bias audit mean."""

from auditkit.results import NOBODY, Definition, Harm
from auditkit.variants import AMONG_LARGE, defined

GUIDELINES = "29 CFR 1607.4(D), Uniform Guidelines on Employee Selection Procedures (1978)"
RULE = "6 RCNY 5-300 and 5-301"
INTERVALS = "Miettinen and Nurminen (1985), Statistics in Medicine 4, for all pairs of groups at once"
OPEN_ENDED = (
    "The interval is for the ratio to the group that is highest in these data; its end may lie above 1, for another "
    "group may truly be the highest."
)

SELECTED = Harm(benefit="low", burden="nobody")
"""The higher, the more are selected; of a burden none of these numbers is taken."""
SHORT = Harm(benefit="high", burden="nobody")

_ADVERSE = {
    "selection_rate": Definition(
        only_groups=True,
        title="Selection rate",
        formula="selected / people with a decision, within the group",
        range="0 to 1",
        unit="share",
        reference="29 CFR 1607.16; Wilson (1927), JASA 22, for the interval",
        pitfalls="Says nothing about whether the selected were the right ones.",
        harm=SELECTED,
        made_of="selected rejected",
    ),
    "impact_ratio": Definition(
        only_groups=True,
        more_groups="shrinks",
        title="Impact ratio",
        formula="selection rate of the group / highest selection rate of any group of the same attributes",
        range="0 to 1; 1 for the group with the highest rate",
        direction="higher",
        reference=f"{GUIDELINES}; interval: {INTERVALS}",
        pitfalls="In small groups it falls below four fifths by chance; read it with the interval, the test and the "
        f"number of selections that would turn it. {OPEN_ENDED}",
        harm=SELECTED,
        made_of="selected rejected others",
    ),
    "lowest_impact_ratio": Definition(
        more_groups="shrinks",
        title="Lowest impact ratio",
        formula="lowest selection rate / highest, over the groups of the same attributes",
        range="0 to 1",
        direction="higher",
        reference=f"{GUIDELINES}; interval: {INTERVALS}",
        pitfalls="The lowest of many ratios is low by chance in small groups: read the interval.",
        harm=SELECTED,
        made_of="selected rejected",
    ),
    "standard_deviations": Definition(
        only_groups=True,
        title="Difference in standard deviations",
        formula="(rate of the group - highest rate) / sqrt(p (1 - p) (1/n of the group + 1/n of the highest)), p the "
        "rate of both together",
        range="any number; below 0 where the group is selected less often",
        reference="Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, 2.3",
        pitfalls="Grows with the number of people: a large one may be a small difference, and a small one a large "
        "difference among few people.",
        harm=SELECTED,
        made_of="selected rejected others",
    ),
    "shortfall": Definition(
        only_groups=True,
        title="Selections short of four fifths",
        formula="the least number of further selections in the group that brings its rate to 4/5 of the highest",
        range="whole numbers from 0",
        direction="lower",
        unit="selections",
        reference=GUIDELINES,
        pitfalls="Takes the highest rate as it is. It is a measure of size, not a remedy: selecting by group to reach "
        "a number may itself be unlawful.",
        harm=SHORT,
        made_of="selected rejected others",
    ),
    "selections_to_turn": Definition(
        only_groups=True,
        title="Selections that would turn the result",
        formula="the least number of selections moved between the group and the highest group that brings the ratio "
        "to the other side of 4/5",
        range="whole numbers from 1",
        unit="selections",
        reference="Questions and Answers on the Uniform Guidelines, 44 FR no. 43, 2 March 1979",
        pitfalls="Where one or two would turn the result, the ratio rests on very few decisions. Compares two groups; "
        "another group may become the highest on the way.",
        harm=NOBODY,
        made_of="selected rejected others",
    ),
    "chance_of_ratio_under_0_8": Definition(
        title="Chance of a ratio under four fifths without any true difference",
        formula="share of simulated samples, of these group sizes and with the overall rate in every group, in which "
        "the lowest rate is below 4/5 of the highest",
        range="0 to 1",
        unit="share",
        reference="binomial law for each group; Clopper and Pearson (1934), Biometrika 26, for the simulation's error",
        pitfalls="Says how easily these sizes alone give such a ratio, not how likely chance is the cause here. Taken "
        "at the overall rate, which is itself an estimate.",
        harm=NOBODY,
        made_of="selected rejected",
    ),
}
ADVERSE = defined(_ADVERSE, ["lowest_impact_ratio", "impact_ratio"])
"""Of `fairness.adverse_impact`."""

_AUDIT = {
    "applicants": Definition(
        only_groups=True,
        title="Number of applicants",
        formula="people assessed in the category, with a decision or a score",
        range="whole numbers from 0",
        unit="people",
        reference="6 RCNY 5-303(a)",
        harm=NOBODY,
        made_of="selected rejected",
    ),
    "selection_rate": Definition(
        only_groups=True,
        title="Selection rate",
        formula="selected / applicants, within the category",
        range="0 to 1",
        unit="share",
        reference=f"{RULE}(b); Wilson (1927), JASA 22, for the interval, which the rule does not require",
        pitfalls="Says nothing about whether the selected were the right ones.",
        harm=SELECTED,
        made_of="selected rejected",
    ),
    "scoring_rate": Definition(
        only_groups=True,
        title="Scoring rate",
        formula="people with a score above the median of the full sample / applicants, within the category",
        range="0 to 1",
        unit="share",
        reference=f"{RULE}(c); Wilson (1927), JASA 22, for the interval, which the rule does not require and which "
        "takes the median as given",
        pitfalls="A score equal to the median is not above it: with many equal scores far fewer than half may lie "
        "above.",
        harm=SELECTED,
        made_of="further",
    ),
    "impact_ratio": Definition(
        only_groups=True,
        more_groups="shrinks",
        title="Impact ratio",
        formula="rate of the category / rate of the most selected (highest scoring) category",
        range="0 to 1; 1 for the most selected category",
        direction="higher",
        reference=f"{RULE}; interval, which the rule does not require: {INTERVALS}",
        pitfalls=f"The rule sets no value that it must reach. {OPEN_ENDED}",
        harm=SELECTED,
        made_of="selected rejected others",
    ),
    "lowest_impact_ratio": Definition(
        more_groups="shrinks",
        title="Lowest impact ratio",
        formula="lowest rate / highest, over the categories compared of the same attributes",
        range="0 to 1",
        direction="higher",
        reference=f"not required by the rule; interval: {INTERVALS}",
        pitfalls="A help to read the tables; the rule asks for the ratio of each category, and sets no value.",
        harm=SELECTED,
        made_of="selected rejected",
    ),
    "median_score": Definition(
        title="Median score",
        formula="the middle score of all people assessed, those in an unknown category included; for an even number "
        "the mean of the two middle ones",
        range="that of the scores",
        reference="6 RCNY 5-301(c)(1)",
        harm=NOBODY,
        made_of="further",
    ),
    "unknown_category": Definition(
        title="People in an unknown category",
        formula="people assessed whose category is not known",
        range="whole numbers from 0",
        unit="people",
        reference="6 RCNY 5-301(b)(5), 5-301(c) and 5-303(a)",
        pitfalls="They are in no rate and no ratio. Where they are many, the table may not be about the people who "
        "applied.",
        harm=NOBODY,
        made_of="further",
    ),
    **{
        f"{name}_categories": Definition(
            title=f"{title} categories compared",
            formula="number of categories with an impact ratio",
            range="whole numbers from 0",
            unit="categories",
            reference=f"6 RCNY 5-301(b)(3) and 5-301(c), {clause}",
            harm=NOBODY,
            made_of="further",
        )
        for name, title, clause in (
            ("sex", "Sex", "i"),
            ("race_ethnicity", "Race/ethnicity", "ii"),
            ("intersectional", "Intersectional", "iii"),
        )
    },
}
AUDIT = defined(_AUDIT, ["lowest_impact_ratio"], [AMONG_LARGE])
"""Of `fairness.bias_audit`."""

SCORED = {
    name: meaning.model_copy(update={"made_of": "further"}) for name, meaning in AUDIT.items() if "impact_ratio" in name
}
"""Of `fairness.bias_audit` where scores are rated: a score above the median is no decision."""
