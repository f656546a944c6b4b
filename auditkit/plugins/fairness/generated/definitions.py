"""What the measurements of generated groups mean."""

from auditkit.results import NOBODY, Definition, of_everyone

ROGAN = "Rogan and Gladen (1978), American Journal of Epidemiology 107"
LANG = "Lang and Reiczigel (2014), Preventive Veterinary Medicine 113"
_DOMAIN = "The classifier is taken to err among samples as it does among real rows of the same group."

DEFINITIONS = of_everyone({
    "generated_share": Definition(
        title="Share of a group among samples, corrected",
        formula="the shares that, named with the classifier's errors, give what it called the samples", range="0 to 1",
        unit="share", reference=f"{ROGAN}; the added cases of {LANG}", only_groups=True, harm=NOBODY,
        pitfalls=f"{_DOMAIN} Where samples look otherwise than real rows, label some samples by hand and audit those.",
    ),
    "generated_share_gap": Definition(
        title="Share of a group among samples less its share of the real rows",
        formula="corrected share among samples - rows of the group / rows", range="-1 to 1", unit="share",
        reference=f"{ROGAN}; the added cases of {LANG}", only_groups=True, harm=NOBODY,
        pitfalls=f"{_DOMAIN} Below 0 the group is drawn too rarely, if the real rows are those to be imitated.",
    ),
    "named_share": Definition(
        title="Share of samples that the classifier calls a group", formula="samples called so / samples",
        range="0 to 1", unit="share", reference="Wilson (1927), JASA 22", only_groups=True, harm=NOBODY,
        pitfalls="Holds the classifier's errors: a rare group is called so too often by a classifier that errs.",
    ),
})  # fmt: skip
# they are made of how often groups are called others: counts of few people, which are kept safe nowhere
DEFINITIONS |= {
    name: DEFINITIONS[name].model_copy(update={"made_of": ""}) for name in ("generated_share", "generated_share_gap")
}
