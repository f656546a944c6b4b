"""Numbers that stand for a person: of bank accounts, cards, telephones and identity papers, and internet addresses.

Whether a number is one is told by its check digits with python-stdnum, which is loaded where something looks like one;
telephone numbers, which have none, by how they are written. So dates, versions, counts and digests stay.
"""

import functools
import importlib
import importlib.metadata
import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final

REMOVED: Final = "[removed: "
ACCOUNT: Final = f"{REMOVED}a bank account number]"
CARD: Final = f"{REMOVED}a card number]"
PHONE: Final = f"{REMOVED}a telephone number]"
IDENTITY: Final = f"{REMOVED}an identity number]"
ADDRESS: Final = f"{REMOVED}an internet address]"

_BEFORE = r"(?<![\w.,+/-])"
_AFTER = r"(?!\w|[.,/-]\w)"
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[ \u00a0\u202f._–-]?[0-9]{2}(?:[ \u00a0\u202f._–-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])",
    re.ASCII,
)
_CARD = re.compile(
    rf"{_BEFORE}[2-6](?:[0-9]{{12,18}}|[0-9]{{3}}(?P<sign>[ \u00a0._–-]{{1,2}})"
    rf"(?:[0-9]{{4}}(?P=sign)[0-9]{{4}}(?P=sign)[0-9]{{1,4}}|[0-9]{{6}}(?P=sign)[0-9]{{4,5}})){_AFTER}"
)
"""In one piece or in the groups that are printed on a card."""
_ISSUERS = re.compile(
    "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|(?:5[1-5]|2[2-7])[0-9]{14}|3[47][0-9]{13}|3(?:0[0-5][0-9]|[689][0-9]{2})[0-9]{10,12}"
    "|35[0-9]{14}|6(?:011|4[4-9]|5)[0-9]{12,14}|62[0-9]{14,17}|(?:50|5[6-8]|6[37])[0-9]{10,17}"
)
"""Visa, Mastercard, American Express, Diners Club, JCB, Discover, UnionPay and Maestro."""
_PHONE = re.compile(
    r"(?<![\w+.,-])(?<![0-9] )(?:"
    r"(?:\+|00(?=[1-9][0-9]{0,2}[ /(-]))[1-9](?:[ \u00a0/()–-]{0,3}[0-9]){7,14}"  # with a country
    r"|(?:1[-. ])?(?:\([0-9]{3}\) ?|[0-9]{3}[-.])[0-9]{3}[-.][0-9]{4}"  # of North America
    r"|(?:\(0[1-9][0-9]{1,3}\) ?|0[1-9][0-9]{1,3}[ /-])[0-9]{2,8}(?:[ -][0-9]{2,8}){0,3}"  # of Germany, Great Britain
    r"|0[1-9](?:[ .-][0-9]{2}){4}"  # of France
    r"|0[1-9](?:[ -]?[0-9]{8}|[0-9]{9})"  # in one piece
    rf"){_AFTER}"
)
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
"""Of a telephone number with its area."""

_IDENTITIES: Final = (
    (r"[0-9]{3}-[0-9]{2}-[0-9]{4}", "us.ssn"),
    (r"[A-CEGHJ-PR-TW-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]", ""),  # of Great Britain: no check digit
    (r"[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}", "gb.nhs"),
    (r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", "de.idnr"),
    (r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9AB]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", "fr.nir"),
    (r"[0-9]{8}-?[A-Za-z]", "es.dni"),
    (r"[XYZxyz]-?[0-9]{7}-?[A-Za-z]", "es.nie"),
    (r"[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]", "it.codicefiscale"),
    (r"756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}", "ch.ssn"),
    (r"[0-9]{4} [0-9]{6}", "at.vnr"),
    (r"[0-9]{11}", "pl.pesel"),
    (r"(?:[0-9]{2})?[0-9]{6}[-+][0-9]{4}", "se.personnummer"),
    (r"[0-9]{6}-[0-9]{4}", "dk.cpr"),
    (r"[0-9]{6}[-+A][0-9]{3}[0-9A-Y]", "fi.hetu"),
    (r"[0-9]{6} ?[0-9]{5}", "no.fodselsnummer"),
    (r"[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}[-.]?[0-9]{3}\.?[0-9]{2}", "be.nn"),
    (r"[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}", "in_.aadhaar"),
    (r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", "br.cpf"),
    (r"[0-9]{17}[0-9Xx]", "cn.ric"),
    (r"[0-9]{6}-[0-9]{7}", "kr.rrn"),
    (r"[0-9]{3}-[0-9]{3}-[0-9]{3}", "ca.sin"),
)  # fmt: skip
"""How numbers of identity papers are written, and the module of python-stdnum that knows their check digits."""
_IDENTITY = re.compile(
    _BEFORE + "(?:" + "|".join(f"(?P<n{place}>{form})" for place, (form, _) in enumerate(_IDENTITIES)) + ")" + _AFTER
)
_IP4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\w|\.\w)")
_IP6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{3,4}:(?=[0-9A-Fa-f:.]*:)[0-9A-Fa-f:.]{1,40}(?![\w:])")
_VERSION = re.compile(
    r"""(?:\bver(?:sions?)?\b['"]?\s*[:=]?\s*['"]?|\bv\.?\s?|[=<>~!]=\s?)\Z""", re.IGNORECASE
)  # fmt: skip
"""What stands before a version, which may have four parts as an address has."""
_PACKAGE = re.compile(r"([A-Za-z][\w.-]*?)[ -]\Z")
_NOBODYS = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255"})


def without_numbers(text: str) -> str:
    """A text with `[removed: …]` in the place of every number that stands for a person.

    Args:
        text: any text; one without digits is given back at once.
    """
    if re.search(r"[0-9].{0,60}?[0-9]", text) is None:
        return text
    for pattern, stand_in in _forms(text):
        text = pattern.sub(stand_in, text)
    return text


def numbers(text: str) -> list[str]:
    """The numbers that stand for a person in a text; one that has the form of several kinds is there more than once."""
    numbers_there = []
    for pattern, stand_in in _forms(text):
        for match in pattern.finditer(text):
            put = stand_in(match)
            if put != match[0]:
                numbers_there.append(match[0].removesuffix(put.partition("]")[2]))
    return numbers_there


def _forms(text: str) -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]]:
    """How each kind is written, and what to put in the place of a match; in this order, and of a text that needs it."""
    forms: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
        (_IBAN, _account), (_CARD, _checked(CARD, _is_card)), (_PHONE, _checked(PHONE, _is_phone)),
        (_IDENTITY, _identity),
    ]  # fmt: skip
    if "." in text:
        forms.append((_IP4, _address))
    return [*forms, (_IP6, _checked(ADDRESS, _is_address))] if ":" in text else forms


def _checked(stand_in: str, is_one: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    return lambda match: stand_in if is_one(match[0]) else match[0]


def _account(match: re.Match[str]) -> str:
    """The IBAN that a candidate begins with; words after it stay, and so does what is none."""
    text = match[0]
    ends = [place.start() for place in re.finditer(r"[ \u00a0\u202f._–-]|\Z", text)]
    for end in reversed(ends):
        plain = re.sub(r"[^A-Za-z0-9]", "", text[:end])
        if len(plain) >= 15 and _standard("iban").is_valid(plain):
            return ACCOUNT + text[end:]
    return text


def _identity(match: re.Match[str]) -> str:
    """A number of an identity paper is removed; one that has the form of several is held against each."""
    for form, module in _IDENTITIES:
        if re.fullmatch(form, match[0]) and (not module or _standard(module).is_valid(match[0])):
            return IDENTITY
    return match[0]


def _is_card(text: str) -> bool:
    plain = re.sub("[^0-9]", "", text)
    return _ISSUERS.fullmatch(plain) is not None and bool(_standard("luhn").is_valid(plain))


def _is_phone(text: str) -> bool:
    count = len(re.findall("[0-9]", text))
    return _FEWEST_DIGITS <= count <= _MOST_DIGITS


def _address(match: re.Match[str]) -> str:
    """An IPv4 address is removed; what is said to be a version, or follows the name of an installed package, stays."""
    before = match.string[max(0, match.start() - 80) : match.start()]
    package = _PACKAGE.search(before)
    if not _is_address(match[0]) or _VERSION.search(before):
        return match[0]
    # words such as `requests` are packages, too: of an address of a house's own network there is no doubt
    is_own = ipaddress.ip_address(match[0]).is_private
    return match[0] if package and not is_own and _package_name(package[1]) in _installed() else ADDRESS


@functools.cache
def _installed() -> frozenset[str]:
    names = (distribution.metadata["Name"] for distribution in importlib.metadata.distributions())
    return frozenset(_package_name(name) for name in names if name)


def _package_name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.rstrip(".:"))
    except ValueError:
        return False
    return text not in _NOBODYS


@functools.cache
def _standard(name: str) -> Any:
    return importlib.import_module(f"stdnum.{name}")
