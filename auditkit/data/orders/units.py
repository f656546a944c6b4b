"""Units of which one is a multiple of another, so that values with different ones can be put in order."""

from collections.abc import Mapping, Sequence
from typing import Final

YEAR: Final = 365.25 * 86400


def _spelt(pairs: Mapping[str, float]) -> dict[str, float]:
    return {word: factor for words, factor in pairs.items() for word in words.split()}


TIMES: Final = _spelt({
    "ns": 1e-9, "us µs μs": 1e-6, "ms": 1e-3, "s sec secs second seconds sek segundo segundos": 1,
    "m min mins minute minutes minuto minutos": 60, "h hr hrs hour hours std heure heures hora horas ora ore uur": 3600,
    "d day days tag tage jour jours día días giorno giorni dag dagen dzień dni день дня дней": 86400,
    "w wk wks week weeks woche wochen semaine semaines semana semanas": 7 * 86400,
    "mo mon mos month months monat monate mois mes meses mese mesi maand maanden mies miesiąc miesiące miesięcy мес "
    "месяц месяца месяцев ay": YEAR / 12,
    "y yr yrs year years jahr jahre a an ans année années año años anno anni jaar rok lata lat г год года лет yıl":
        YEAR,
})  # fmt: skip
MAGNITUDES: Final = _spelt({
    "hundred": 1e2, "k thousand tsd": 1e3, "lakh lac": 1e5, "m mm mn mio mil million millions": 1e6,
    "crore cr": 1e7, "b bn billion billions mrd": 1e9, "t tn trillion trillions": 1e12,
})  # fmt: skip
FAMILIES: Final[tuple[dict[str, float], ...]] = (
    MAGNITUDES,
    {"%": 0.01, "percent": 0.01, "pct": 0.01, "‰": 0.001, "bp": 1e-4, "bps": 1e-4, "pp": 0.01, "ppm": 1e-6},
    _spelt({"mg": 1e-3, "g gram grams": 1, "kg kgs kilo kilos": 1e3, "t tonne tonnes": 1e6, "oz": 28.3495,
            "lb lbs pound pounds": 453.592, "st stone": 6350.29}),
    _spelt({"mm": 1e-3, "cm": 1e-2, "m metre metres meter meters": 1, "km kms": 1e3, 'in inch inches "': 0.0254,
            "ft foot feet '": 0.3048, "yd yards": 0.9144, "mi mile miles": 1609.344}),
    _spelt({"ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l litre litres liter liters": 1}),
    _spelt({"b byte bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
            "kib": 2**10, "mib": 2**20, "gib": 2**30}),
    TIMES,
    {"cr": 1, "dr": -1},
    {"n": 1, "s": -1},
    {"e": 1, "w": -1},
    {"▲": 1, "△": 1, "▼": -1, "▽": -1},
)  # fmt: skip


def factors(units: Sequence[tuple[str, ...]], values: Sequence[float]) -> list[float] | None:
    """What to multiply each value with, so that all have one unit; None where units do not fit together.

    Args:
        units: for each value the words and signs around its number.
        values: the numbers; a zero needs no unit.
    """
    named = {unit for unit, value in zip(units, values, strict=True) if unit or value}
    if len(named) <= 1:
        return [1.0] * len(units)
    for family in FAMILIES:
        rests = {tuple(word for word in unit if word not in family) for unit in named}
        counts = {sum(word in family for word in unit) for unit in named}
        # 1,200 and 3k stand in one column, where kilograms beside numbers without a unit would be a guess.
        bare = family is MAGNITUDES and counts == {0, 1}
        if len(rests) == 1 and (counts == {1} or bare):
            return [next((family[word] for word in unit if word in family), 1.0) for unit in units]
    return None
