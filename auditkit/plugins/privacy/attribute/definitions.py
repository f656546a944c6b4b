"""What the measurements of attribute inference mean."""

from typing import Any

from auditkit.plugins.privacy.attribute.attacks import Gain
from auditkit.results import Definition, Measurement, of_everyone

FREDRIKSON = "Fredrikson et al. (2014), Privacy in Pharmacogenetics, USENIX Security"
YEOM = "Yeom et al. (2018), Privacy Risk in Machine Learning, arXiv:1709.01604"
JAYARAMAN = "Jayaraman and Evans (2022), Are Attribute Inference Attacks Just Imputation?, arXiv:2209.01292"
TANGO = "Tango (1998), Statistics in Medicine 17, for the interval"

DEFINITIONS = of_everyone({
    "attribute_excess": Definition(
        title="Inference about members beyond that about others",
        formula="gain from the answers among members less the gain among non-members", range="-2 to 2",
        direction="lower", unit="share", reference=f"{JAYARAMAN}; {YEOM}; {TANGO}",
        pitfalls="About the share of rows that are inferred rightly: a few people who are exposed hardly move it. "
        "Below 0: no leak of members was seen. That these attacks find nothing does not mean that none does.",
    ),
    "attribute_gain": Definition(
        title="Inference with the answers beyond imputation",
        formula="share of rows whose value is inferred rightly with the model's answers less the share without",
        range="-1 to 1", direction="lower", unit="share", reference=f"{JAYARAMAN}; {FREDRIKSON}; {TANGO}",
        pitfalls="Among non-members it is what the answers tell about anybody: a correct model of a population tells "
        "of people too. No training can avoid that, and no such gain is a leak of the training data.",
    ),
    "imputed_share": Definition(
        title="Imputed without the model",
        formula="share of rows whose value is predicted rightly from the other columns and the label, cross-fitted",
        range="0 to 1", unit="share", reference=f"{JAYARAMAN}; Wilson (1927), JASA 22, for the interval",
        pitfalls="Says how far the other columns give the value away, not the model.",
    ),
})  # fmt: skip


def measured(name: str, number: Gain | str, **fields: Any) -> Measurement:
    """One number with its interval; or, of a text, why there is none."""
    meaning = DEFINITIONS[name]
    common = {"name": name, "unit": meaning.unit, "direction": meaning.direction, **fields}
    if isinstance(number, str):
        return Measurement(value=None, reason=number, **common)
    return Measurement(value=number.value, interval=number.interval, n=number.n, **common)
