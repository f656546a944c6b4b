"""Names of months in twenty languages, and Roman numerals for them."""

import unicodedata
from typing import Final

from auditkit.data.orders.roman import roman

STARTS: Final = (
    "jan ene gen", "feb fev", "mar mae mrt marz", "apr abr avr", "may mai mei mag maj", "jun juin giu",
    "jul juil lug", "aug ago aou", "sep set", "oct okt out ott", "nov", "dec dez dic",
)  # fmt: skip
"""Short names that are no beginning of a name below, or of names of several months."""
NAMES: Final = (
    "january januari janvier enero gennaio janeiro jänner styczeń stycznia leden ledna января январь січень січня "
    "ocak januára ianuarie tammikuu tammikuuta ιανουάριος ιανουαρίου януари",
    "february februari februar feber fevrier febrero febbraio fevereiro luty lutego únor února февраль февраля "
    "лютий лютого februára şubat februarie helmikuu helmikuuta φεβρουάριος φεβρουαρίου февруари",
    "march marca märz maerz mars marzo março maart maret marts marzec březen března март марта березень березня "
    "mart március martie maaliskuu maaliskuuta μάρτιος μαρτίου",
    "april avril abril aprile kwiecień kwietnia duben dubna апрель апреля квітень квітня nisan április aprilie "
    "huhtikuu huhtikuuta apríla απρίλιος απριλίου април",
    "mayo maggio maio maja máj mája květen května май мая травень травня mayıs május toukokuu toukokuuta μάιος μαΐου",
    "june juni junio giugno junho jún júna czerwiec czerwca červen června июнь июня червень червня haziran június "
    "iunie kesäkuu kesäkuuta ιούνιος ιουνίου юни",
    "july juli juillet julio luglio julho júl júla lipiec lipca červenec července июль июля липень липня temmuz "
    "július iulie heinäkuu heinäkuuta ιούλιος ιουλίου юли",
    "august augusti augusta août agosto agustus augustus avgust sierpień sierpnia srpen srpna август августа "
    "серпень серпня ağustos augusztus elokuu elokuuta αύγουστος αυγούστου",
    "september septembre septiembre settembre setembro wrzesień września září сентябрь сентября вересень вересня "
    "eylül szeptember septembra septembrie syyskuu syyskuuta σεπτέμβριος σεπτεμβρίου септември",
    "october oktober octubre octobre outubro október ottobre październik października říjen října октябрь октября "
    "жовтень жовтня ekim octombrie októbra lokakuu lokakuuta οκτώβριος οκτωβρίου октомври",
    "november novembre noviembre novembro listopad listopada listopadu ноябрь ноября листопад листопада kasım "
    "noiembrie novembra marraskuu marraskuuta νοέμβριος νοεμβρίου ноември",
    "december dezember decembre diciembre dicembre dezembro desember grudzień grudnia prosinec prosince декабрь "
    "декабря грудень грудня aralık decembrie decembra joulukuu joulukuuta δεκέμβριος δεκεμβρίου декември",
)
"""The names in full; in languages that decline them, as they stand alone and in dates. Croatian is not among them: its
listopad is October, that of Polish and Czech is November."""


def _bare(word: str) -> str:
    """The letters without accents, the Turkish i without its dot as i."""
    # NFKD splits accents off as signs of their own; the dotless i and the Polish l have no such form.
    spelt = unicodedata.normalize("NFKD", word.casefold()).replace("\u0131", "i").replace("\u0142", "l")
    return "".join(letter for letter in spelt if letter.isalpha())


FULL: Final = {_bare(name): number for number, names in enumerate(NAMES, start=1) for name in names.split()}
KNOWN: Final = {name: number for number, names in enumerate(STARTS, start=1) for name in names.split()} | FULL


def month_of(word: str) -> int | None:
    """1 to 12 for a name in full, its first three letters or more where no other month begins so, or I to XII."""
    bare = _bare(word)
    if bare in KNOWN:
        return KNOWN[bare]
    begun = {number for name, number in FULL.items() if name.startswith(bare)} if len(bare) >= 3 else set()
    number = next(iter(begun)) if len(begun) == 1 else roman(word)
    return number if number is not None and number <= 12 else None
