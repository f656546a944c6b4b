"""Redaction: no e-mail address, key, number that stands for a person, user name, host name or path is in the evidence.

What is removed is replaced by `[removed: …]`, so that a reader sees that something stood there. Of a path its last name
stays: `/home/alice/models/credit.skops` becomes `credit.skops`.

Names from the data (columns, groups, categories, classes) are redacted alike, for those who read the evidence may not
know who is in the data; where two of them would become the same, they are numbered, so that the report still tells them
apart.
"""

import contextlib
import functools
import getpass
import os
import pathlib
import platform
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from auditkit.redaction.personal_numbers import (
    ACCOUNT as ACCOUNT,
    REMOVED as REMOVED,
    numbers as numbers,
    without_numbers,
)
from auditkit.redaction.secret_keys import SECRET as SECRET, keys as keys, without_keys

_Record = TypeVar("_Record", bound=BaseModel)

E_MAIL = f"{REMOVED}an e-mail address]"
USER = f"{REMOVED}a user name]"
HOST = f"{REMOVED}a host name]"

SPOKEN = frozenset({"reason", "reasons", "notes", "note", "message", "traceback", "hint", "error", "sentence"})
"""Fields that hold what programs said: only there a user or host name is looked for, for `mark` is also a word."""
_PICTURE = {"media_type", "base64"}
"""The fields of an image, which holds no text."""

_ROOTS = {
    "Users", "Volumes", "Applications", "app", "builds", "bin", "content", "data", "dbfs", "dev", "etc", "export",
    "gpfs", "home", "lib", "lustre", "mnt", "media", "nfs", "opt", "private", "proc", "project", "projects", "root",
    "run", "scratch", "share", "srv", "sys", "tmp", "usr", "var", "work", "workspace", "workspaces",
}  # fmt: skip
"""Folders that paths begin with; those at the top of this machine come on top of them."""
_HOMES = frozenset({"home", "Users"})
_ORDINARY = {
    "admin", "art", "audit", "auditkit", "bill", "build", "data", "debian", "default", "docker", "gpu", "grace",
    "guest", "host", "jovyan", "localhost", "main", "mark", "may", "max", "model", "nobody", "none", "root", "rose",
    "runner", "sandbox", "server", "test", "ubuntu", "user", "vscode", "will", "work", "worker", "workspace",
}  # fmt: skip
"""Accounts and hosts that say nothing about anybody, or are words that sentences need."""
_SHORTEST_NAME = 3
_SHORTEST_SECRET = 12

_AT = r"(?:[@＠﹫]|%40|&#(?:64|x40);|\s?[\[({]\s?at\s?[\])}]\s?)"
_DOT = r"(?:[.。．]|\s?[\[({]\s?dot\s?[\])}]\s?)"
_MAIL = re.compile(
    rf"""(?:(?<![\w.%+-])(?:[\w.%+~-]|(?<=\w)['&!#$*=^](?=\w)){{1,256}}|"(?:[^"\\\n]|\\.){{1,64}}"){_AT}"""
    rf"(?:[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,20}}{_DOT}(?:xn--[A-Za-z0-9-]{{2,59}}|[^\W\d_]{{2,63}})"
    r"|\[(?:IPv6:)?[0-9A-Fa-f.:]{3,45}\])"
)
"""In any alphabet, with a quoted name, and with other signs in the place of @."""
_OTHER_AT = re.compile(r"[＠﹫]|%40|&#(?:64|x40);|[\[({]\s?at\s?[\])}]")
_SECRET_VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
_WINDOWS = r"(?:[A-Za-z]:[\\/]{1,2}|\\{1,2}[Uu]sers\\{1,2}|\\\\{1,3}[\w.-]+\\|\.{1,2}\\{1,2}|%\w{1,40}%\\{1,2})"
_LETTER = r"""[^\s"'`<>|:;,()\[\]{}\\/]"""
_BLANKED = rf"{_LETTER}{{1,100}}(?: {_LETTER}{{1,100}}){{0,4}}"
"""A folder with blanks in its name."""
_FOREIGN = re.compile(
    rf"""(?P<quote>["'`])(?P<quoted>(?:{_WINDOWS}|/home/|/Users/)[^"'`\n]*)(?P=quote)"""
    rf"""|(?<!\w){_WINDOWS}(?:{_BLANKED}[\\/]{{1,2}}){{0,30}}{_LETTER}*"""
    rf"""|(?<![\w.~/-])/(?:home|Users)/(?:{_BLANKED}/{{1,2}}){{1,30}}{_LETTER}*"""
    r"""|(?<![\w.~/-])~[A-Za-z_][\w.-]*/[^\s"'`<>|:;,()\[\]{}]+"""
    rf"""|(?<![\w./-])(?:\.\./){{1,30}}(?:{_LETTER}{{1,100}}/){{0,30}}{_LETTER}+"""
)
"""Paths of Windows and of its shares, those with blanks in a home folder, those that begin with somebody's home, and
those that lead upwards."""


class Scrubber:
    """Redacts texts, with what it knows about this machine and about the names in the data."""

    def __init__(
        self,
        names: Iterable[str] = (),
        withheld: Callable[[Any], Any] = lambda record: record,
        unnamed: Mapping[str, str] | None = None,
    ) -> None:
        """Learn what is to be removed.

        Args:
            names: of columns, groups, categories and classes, each of which must stay apart from the others.
            withheld: takes out of a record, as plain data, what foreign texts in it may tell of people.
            unnamed: {name that must not be written: what stands for it}.
        """
        self._withheld = withheld
        self._path = _paths_of_this_machine()
        self._variables = _secret_variables()
        self._people = _people()
        self._seen: dict[tuple[str, bool, bool], str] = {}
        self._names: dict[str, str] = {}
        self._names = {**(unnamed or {}), **self._stand_ins(list(dict.fromkeys(names)))}
        # what was cleaned while the stand-ins were made did not know them yet
        self._seen.clear()

    def text(self, text: str, *, spoken: bool = False, contact: bool = False) -> str:
        """A text without what must not leave.

        Args:
            text: any text.
            spoken: it is what a program said, in which the names of this user and this host are looked for too.
            contact: an e-mail address may stay.
        """
        key = (text, spoken, contact)
        if key not in self._seen:
            self._seen[key] = self._cleaned(text, spoken, contact)
        return self._seen[key]

    def title(self, title: str) -> str:
        """The title of several audits without what must not leave."""
        return self.text(self._withheld({"title": title})["title"], spoken=True)

    def record(self, record: _Record) -> _Record:
        """A record with every text in it cleaned; the very same one where nothing had to be."""
        plain = record.model_dump(mode="json")  # as it will be written: a path among the parameters is a text then
        clean = self._walk(self._withheld(plain), "")
        return record if clean == plain else type(record).model_validate(clean)

    def _walk(self, value: Any, field: str) -> Any:
        if isinstance(value, str):
            return self.text(value, spoken=field in SPOKEN, contact=field == "card.contact")
        if isinstance(value, dict):
            return value if value.keys() == _PICTURE else self._mapping(value, field)
        if isinstance(value, list | tuple):
            return type(value)(self._walk(entry, field) for entry in value)
        return value

    def _mapping(self, mapping: dict[Any, Any], field: str) -> dict[Any, Any]:
        if field == "packages":
            return mapping  # a version of four parts is no address
        clean_mapping: dict[Any, Any] = {}
        for key, value in mapping.items():
            clean = self.text(key) if isinstance(key, str) else key
            name, number = clean, 2
            while name in clean_mapping:  # two keys that only what was removed told apart
                name, number = f"{clean} ({number})", number + 1
            clean_mapping[name] = self._walk(value, f"card.{key}" if field == "card" else str(key))
        return clean_mapping

    def _cleaned(self, text: str, spoken: bool, contact: bool) -> str:
        for name, stand_in in self._names.items():
            text = text.replace(name, stand_in)
        for secret in self._variables:
            text = text.replace(secret, SECRET)
        # secrets before addresses and paths: a password in a URL would be torn apart by either
        text = without_keys(text)
        if not contact and ("@" in text or _OTHER_AT.search(text)):
            text = _MAIL.sub(E_MAIL, text)
        text = self._without_paths(text)
        if not contact:
            text = without_numbers(text)
        if spoken:
            for person, stand_in in self._people:
                text = person.sub(stand_in, text)
        return text

    def _without_paths(self, text: str) -> str:
        """Of each path its last name; again while that makes a path with what stands beside it."""
        before = ""
        while text != before and ("/" in text or "\\" in text):
            # those with blanks in them first
            before, text = text, self._path.sub(_last_name, _FOREIGN.sub(_last_name, text))
        return text

    def _stand_ins(self, names: list[str]) -> dict[str, str]:
        """{name: what stands for it} of the names that must not leave, the longest first."""
        bare = {name: self._cleaned(name, False, False) for name in names}
        count = Counter(bare.values())
        numbers: Counter[str] = Counter()
        stand_ins = {}
        for name, clean in bare.items():
            if clean == name:
                continue
            numbers[clean] += 1
            stand_ins[name] = (
                clean if count[clean] == 1 else f"{clean.rstrip(']')} {numbers[clean]}" + "]" * clean.endswith("]")
            )
        # the longest first, so that no name is replaced inside of a longer one
        return dict(sorted(stand_ins.items(), key=lambda pair: -len(pair[0])))


def addresses(text: str) -> list[str]:
    """The e-mail addresses in a text."""
    return [match[0] for match in _MAIL.finditer(text)] if "@" in text or _OTHER_AT.search(text) else []


_scrubber = functools.cache(Scrubber)


def scrubbed(text: str) -> str:
    """What a program said, without what must not leave; for a text that is about to be cut, so that no half stays."""
    return _scrubber().text(text, spoken=True)


def removed(record: BaseModel, mark: str = REMOVED) -> int:
    """How many texts of a record hold `[removed: …]`, or another mark."""

    def count(value: Any) -> int:
        if isinstance(value, str):
            return mark in value
        if isinstance(value, dict):
            return sum(count(key) + count(content) for key, content in value.items())
        return sum(map(count, value)) if isinstance(value, list | tuple) else 0

    return count(record.model_dump(mode="json"))


def _last_name(match: re.Match[str]) -> str:
    """What stays of a path: its last name, and nothing of a home folder."""
    path, quote = match["quoted"] or match[0], match["quote"] or ""
    bare = path.rstrip(".")
    parts = [part for part in re.split(r"[\\/]+", bare) if part and not part.endswith(":")]
    name = "~" if len(parts) < 2 or (len(parts) == 2 and parts[0] in _HOMES) else parts[-1]
    return f"{quote}{name}{path[len(bare) :]}{quote}"


def _paths_of_this_machine() -> re.Pattern[str]:
    top = {pathlib.PurePath(text).parts[1:2] for text in (os.getcwd(), str(pathlib.Path.home()), tempfile.gettempdir())}
    roots = _ROOTS | {part for texts in top for part in texts}
    with contextlib.suppress(OSError):
        # a cluster may have folders at the top that nobody could list beforehand
        roots |= set(os.listdir("/"))
    words = "|".join(sorted(map(re.escape, roots)))
    scheme = r"(?:(?:file|sqlite|duckdb)[\w+]*:/+)?"
    return re.compile(
        rf"""(?P<quote>["'`])(?P<quoted>{scheme}/(?:{words})/[^"'`\n]*)(?P=quote)"""
        rf"""|(?<![\w.~/-]){scheme}/(?:{words})(?:/[^\s"'`<>|:;,()\[\]{{}}/]+)+"""
    )


def _secret_variables() -> tuple[str, ...]:
    """The values of environment variables that are called secret, and look it."""
    texts = [
        value
        for name, value in os.environ.items()
        if _SECRET_VARIABLE.search(name) and len(value) >= _SHORTEST_SECRET and not value.startswith("/")
        and re.search("[0-9]", value) and re.search("[A-Za-z]", value)
    ]  # fmt: skip
    return tuple(sorted(texts, key=len, reverse=True))


def _people() -> list[tuple[re.Pattern[str], str]]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a machine where nobody has a name
        user = ""
    host = platform.node()
    named = [(host, HOST), (host.partition(".")[0], HOST), (user, USER), (pathlib.Path.home().name, USER)]
    return [
        (re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])"), stand_in)
        for name, stand_in in named
        if len(name) >= _SHORTEST_NAME and name.lower() not in _ORDINARY
    ]
