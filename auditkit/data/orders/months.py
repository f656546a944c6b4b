"""Names of months in eight languages."""

from __future__ import annotations

import unicodedata
from typing import Final

STARTS: Final = (
    "jan ene gen", "feb fev", "mar mae mrt marz", "apr abr avr", "may mai mei mag", "jun juin giu", "jul juil lug",
    "aug ago aou", "sep set", "oct okt out ott", "nov", "dec dez dic",
)  # fmt: skip
"""How the names of each month begin in English, German, French, Spanish, Italian, Portuguese, Dutch and Danish."""
NAMES: Final = (
    "january januar janvier enero gennaio janeiro januari", "february februar fevrier febrero febbraio fevereiro feb",
    "march marz maerz mars marzo marco maart marts mrt", "april avril abril aprile avr abr", "may mai mayo maggio maio "
    "mei maj", "june juni juin junio giugno junho", "july juli juillet julio luglio julho", "august aout agosto "
    "augustus", "september septembre septiembre settembre setembro sept", "october oktober octobre octubre ottobre "
    "outubro", "november novembre noviembre novembro", "december dezember decembre diciembre dicembre dezembro",
)  # fmt: skip
"""The names in full, without accents."""


def month_of(word: str) -> int | None:
    """1 to 12 for a name in full, or its first three letters or more; None for any other word."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", word) if letter.isalpha() and letter.isascii())
    for number, (starts, names) in enumerate(zip(STARTS, NAMES, strict=True), start=1):
        if bare in starts.split() or any(len(bare) >= 3 and name.startswith(bare) for name in names.split()):
            return number
    return None
