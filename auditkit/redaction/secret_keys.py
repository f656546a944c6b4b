"""Keys and passwords: those of providers by their form, any other by what is written before it."""

import re
from typing import Final

from auditkit.redaction.personal_numbers import REMOVED

SECRET: Final = f"{REMOVED}looks like a key]"

_KEYS = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"
    r"|\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}|\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bsk-(?=[\w-]{0,60}[0-9])[\w-]{20,}|\bAIza[\w-]{35}|\bya29\.[\w-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|\bSG\.[\w-]{16,32}\.[\w-]{16,64}"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/]{20,}|\b(?:AC|SK)[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b"
    r"|\bpypi-[\w-]{50,}|\bnpm_[A-Za-z0-9]{36}|\bdapi[0-9a-f]{32}\b|\bdckr_pat_[\w-]{20,}|\bdop_v1_[0-9a-f]{40,}"
    r"|\bhvs\.[\w-]{20,}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bgsk_[A-Za-z0-9]{30,}|\br8_[A-Za-z0-9]{30,}"
    r"|\bxai-[A-Za-z0-9]{30,}|\bpplx-[A-Za-z0-9]{30,}|\bsq0[a-z]{3}-[\w-]{22,}|(?<=hooks\.slack\.com/services/)[\w/]{20,}"
    r"|(?<=[?&;]sig=)[\w%+/-]{8,}|\bnvapi-[\w-]{30,}|\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"
    r"|(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)",
    re.DOTALL | re.ASCII,
)
_NAMED = re.compile(
    r"(?P<name>(?:(?P<word>passwor[dt]|passwd|passphrase|kennwort|pwd)|pass(?:code)?|secret|token|api[-_ ]?key"
    r"|(?:access|account|private|secret)[-_ ]?key|credentials?)"
    r"[\"']?(?:\s{0,3}=\s{0,3}|\s{0,3}:=\s{0,3}|\s{0,3}:\s{0,3}(?=[\"']|\S{0,60}[0-9]))[\"']?"
    r"|_key[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?=[\w+/=-]{20})(?=(?:[a-z_+/=-]{0,30}[0-9]){4})"
    r"|authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?\w{1,20}\s{1,3}|--(?:password|token|secret)\s{1,3}|\bbearer\s{1,3})"
    r"(?P<value>(?!(?:None|True|False|null)\b)(?:"
    r"(?<=[\"'])[^\"'\n]{4,}|[^\s&;,'\"\[\])]{6,}|(?(word)[^\s&;,'\"\[\])]{1,6}|(?!))))",
    re.IGNORECASE | re.ASCII,
)
"""A word for a secret, a sign and the secret; behind a colon only where it is quoted or holds a digit.

That of a password may be as short as it likes."""


def without_keys(text: str) -> str:
    """A text with `[removed: …]` in the place of keys and passwords."""
    return _NAMED.sub(rf"\g<name>{SECRET}", _KEYS.sub(SECRET, text))


def keys(text: str) -> list[str]:
    """The keys and passwords in a text, as `without_keys` takes them out."""
    named = _NAMED.finditer(_KEYS.sub("", text))
    return [match[0] for match in _KEYS.finditer(text)] + [match["value"] for match in named]
