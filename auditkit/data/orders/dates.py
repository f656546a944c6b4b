"""Texts as moments: dates in every order, with names of months, times and zones; in seconds, to be put in order.

Names of months are known in twenty languages, and Roman numerals for them.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from auditkit.data.orders.numerals import roman

DAY: Final = 86400
FEWEST, LATEST = 1900, 2100
"""Years that digits without a sign between them may mean."""
YEAR4, YEAR = r"(?P<y>\d{4})", r"(?P<y>\d{4}|'?\d{2})"
SIGN: Final = r"(?: ?[-/.] ?| )"
NAME: Final = r"(?P<n>[^\W\d_]{3,}|[ivx]{1,2})\.?"
DIGITS: Final = r"(?P<D>\d{4}|\d{6})"
"""Hours, minutes and seconds."""
DAY2, MONTH2 = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})"
NAMED: Final = (
    rf"{DAY2}(?:st|nd|rd|th|\.)?[-/ .]*(?:of |de )?{NAME}[-/ .,]*(?:de )?{YEAR}",
    rf"{NAME}[-/ .]*{DAY2}(?:st|nd|rd|th)?(?:, ?|[-/ ]){YEAR}",
    rf"{YEAR4}[-/ .]*{NAME}[-/ .]*{DAY2}",
    rf"{NAME}[-/ .,]*(?:de )?{YEAR4}",
    rf"{NAME}[-/]'?(?P<y>\d{{2}})",
    rf"{YEAR4}[-/ .]*{NAME}",
)
PARTS: Final = (
    r"(?P<y>\d{4})[-/](?P<m>\d{1,2})-?",
    r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
    r"(?P<y>\d{4})[- ]?w(?P<w>\d{1,2})(?:-?(?P<k>[1-7]))?",
    r"(?P<y>\d{4})[-/ ]?q(?P<q>[1-4])",
    r"q(?P<q>[1-4])[-/ ]?(?P<y>\d{4})",
    r"(?P<q>[1-4])q[-/ ]?(?P<y>\d{4})",
    r"(?P<y>\d{4})[-/ ]?h(?P<h>[12])",
    r"h(?P<h>[12])[-/ ]?(?P<y>\d{4})",
    r"(?P<y>\d{4})m(?P<m>\d\d)",
    r"(?:w|wk|week|kw|woche)\.? ?(?P<w>\d{1,2})(?:[-/ ]|, ?)(?P<y>\d{4})",
    r"(?P<y>\d{4})-(?P<j>\d{3})",
)
"""Months, weeks, quarters, halves and days of a year."""
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "year first": (
        rf"{YEAR4}{SIGN}{MONTH2}{SIGN}{DAY2}", rf"(?P<y>\d{{2}}){SIGN}{MONTH2}{SIGN}{DAY2}",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=t)", r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)",
        rf"(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d)_{DIGITS}",
    ),
    "day first": (
        rf"{DAY2}{SIGN}{MONTH2}{SIGN}{YEAR}", rf"(?P<d>\d\d)(?P<m>\d\d)(?:(?P<y>\d{{4}}){DIGITS}?|(?P<Y>\d\d))",
    ),
    "month first": (
        rf"{MONTH2}{SIGN}{DAY2}{SIGN}{YEAR}", rf"(?P<m>\d\d)(?P<d>\d\d)(?:(?P<y>\d{{4}}){DIGITS}?|(?P<Y>\d\d))",
    ),
    "%j%Y": (r"(?P<j>\d{3})(?P<y>\d{4})",),
    "%m%Y": (r"(?P<m>\d\d)(?P<y>\d{4})",),
    "": (*NAMED, *PARTS),
}  # fmt: skip
"""The forms of each order of day, month and year, and of formats; under "" those that leave no doubt about it."""
CLOCK: Final = (
    r"(?:(?:[t ,]+(?P<H>\d{1,2})(?:[:.h](?P<M>\d{2}))?(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d+))?)?|t(?P<C>\d{4}|\d{6}))"
    r" ?(?P<p>[ap]\.?m\.?)? ?(?P<z>z|[a-z]{3,4}|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?: ?\[[^\]]*\])?"
    r"|(?P<o>z|[+-]\d{2}:\d{2}))?"
)
WEEKDAY: Final = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[.,]* +"
    r"|^(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo|di|mi|do|fr|sa|so)[.,]* +"
)
CTIME: Final = re.compile(r"([a-z]{3}) +(\d{1,2}) +(\d{1,2}:\d{2}(?::\d{2})?) +(?:[a-z]{3} +)?(\d{4})")
BEFORE: Final = re.compile(r"^[^\W\d_]+[.,]* +(?=\d{1,2}[. ]+[^\W\d_]{3})")
"""The name of a weekday in any language, before a day and a month in words."""
AFTER: Final = re.compile(r" uhr$|[ .](?:\u0433|r|roku|\u0433\u043e\u0434\u0430|\u0440\u043e\u043a\u0443)?\.?$")
"""What stands after a time in German, after a year in Polish, Russian and Ukrainian, and a full stop."""
TIME_FIRST: Final = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?),? (.*\d.*)")
ZONES: Final = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "eet": 2, "eest": 3, "est": -5,
    "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9,
}  # fmt: skip
"""Hours from UTC of zones that are named in texts; cst is that of America."""
FORMS: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    order: tuple(re.compile(form + CLOCK) for form in forms) for order, forms in ORDERS.items()
}


def moments(texts: Sequence[str], order: str) -> list[float] | None:
    """Seconds since the year 1 for plain texts that are dates in this order; None where one of them is none.

    A date without a zone is taken to be in UTC; of two digits of a year, 69 to 99 are of the last century (POSIX).
    """
    known: tuple[re.Pattern[str], ...] = ()
    values = []
    for text in texts:
        bare = CTIME.sub(r"\1 \2, \4 \3", BEFORE.sub("", WEEKDAY.sub("", text))).strip()
        bare = TIME_FIRST.sub(r"\2 \1", AFTER.sub("", bare))
        form, value = next(
            ((form, value) for form in (*known, *FORMS[order]) if (value := _moment(form, bare)) is not None),
            (None, None),
        )
        if form is None or value is None:
            return None
        known = (form,)  # most columns have one form
        values.append(value)
    return values


def by_format(texts: Sequence[str], form: str) -> list[float] | None:
    """Seconds since the year 1 for texts in this format of `strftime`; None where one of them is not."""
    try:
        return [seconds(datetime.datetime.strptime(text, form)) for text in texts]
    except ValueError:
        return None


def digits_of(form: str) -> int:
    """How many digits a date in this format of `strftime` has; 0 where it holds anything else."""
    text = datetime.datetime(2000, 12, 31).strftime(form)
    return len(text) if text.isdecimal() else 0


def seconds(moment: datetime.date) -> float:
    """Seconds since the year 1, in UTC; of a date its first."""
    if not isinstance(moment, datetime.datetime):
        return float(moment.toordinal() * DAY)
    offset = moment.utcoffset()
    clock = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return moment.toordinal() * DAY + clock - (0.0 if offset is None else offset.total_seconds())


def _moment(form: re.Pattern[str], text: str) -> float | None:
    match = form.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    try:
        day = _day(parts)
    except ValueError:
        return None
    # Nearly every number of six or eight digits is some date; only years that people live in make it one.
    if day is None or (text.isdigit() and not FEWEST <= day.year <= LATEST):
        return None
    clock = _clock(parts)
    return None if clock is None else day.toordinal() * DAY + clock


def _day(parts: dict[str, str | None]) -> datetime.date | None:
    part: Callable[[str], int] = lambda name: int(parts.get(name) or 1)  # noqa: E731
    digits = str(parts["y"] or parts["Y"]).lstrip("'")
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= 69 else 2000  # as POSIX has it
    if parts.get("w"):
        return datetime.date.fromisocalendar(year, part("w"), part("k"))
    if parts.get("j"):
        day = datetime.date(year, 1, 1) + datetime.timedelta(days=part("j") - 1)
        return day if day.year == year else None
    month: int | None = part("m")
    if parts.get("q"):
        month = 3 * part("q") - 2
    if parts.get("h"):
        month = 6 * part("h") - 5
    if parts.get("n"):
        month = month_of(str(parts["n"]))
    return None if month is None else datetime.date(year, month, part("d"))


def _clock(parts: dict[str, str | None]) -> float | None:
    """Seconds since midnight, in UTC."""
    if parts.get("C") or parts.get("D"):
        digits = str(parts.get("C") or parts.get("D")).ljust(6, "0")
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    else:
        hour, minute, second = (int(parts.get(name) or 0) for name in "HMS")
    half = str(parts.get("p") or "")[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    # 24:00 is how the end of a day is written, and 60 is a leap second.
    if hour > 24 or minute > 59 or second > 60:
        return None
    zone = str(parts.get("z") or parts.get("o") or "")
    if zone.isalpha() and zone not in ZONES:
        return None
    shift = 0.0
    if zone[:1] in "+-" and zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        shift = (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
    elif zone:
        shift = 3600 * ZONES[zone]
    return hour * 3600 + minute * 60 + second + float(f"0.{parts.get('f') or 0}") - shift


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
