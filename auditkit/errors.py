"""Everything auditkit raises on purpose, and the one door to optional packages.

    AuditkitError                 the base: catch this to catch all of them
    ├── ConfigError               the configuration or the command line is wrong
    ├── DataError                 the audit data cannot be used as given
    ├── ModelError                the model cannot be wrapped or asked
    │   ├── CapabilityError       the model lacks what was asked of it
    │   ├── ModelEnded            the model ended the process that asked it, or took more than it may
    │   ├── ModelFileRejected     a model file was not opened, and why
    │   └── ModelUnreachable      a server did not answer, or may not be asked more
    ├── PluginError               a plugin broke the contract with its host
    ├── FindingsError             a check returned what cannot be a finding
    ├── MissingExtra              an optional package is not installed
    ├── TimeLimit                 a check ran past its time limit
    └── EvidenceError             a run folder is incomplete, altered or unreadable
        └── EvidenceLost          it was replaced while an audit wrote to it

Every message says which parameter, what is required, what was given and how to mend it. A mend that is a setting stands
in `mend` too, so that a program can read it, and so that tests can apply it.
"""

import difflib
import importlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple, Self, TypeVar

Value = TypeVar("Value")


class Mend(NamedTuple):
    """A way out that a message proposes: a setting, and the value to give it."""

    setting: str
    """`data.encoding` is the key `encoding` under `[data]`; `--flag` is one of the command line."""
    value: Any = True

    @property
    def line(self) -> str:
        """As it is written: a line of auditkit.toml, or a flag."""
        key = self.setting.rpartition(".")[2]
        return key if key.startswith("--") else f"{key} = {_toml(self.value)}"

    def __str__(self) -> str:
        """The line, and under which table of auditkit.toml it is written."""
        table = self.setting.rpartition(".")[0]
        under = f"[[{table}]]" if table in ("limits", "train") else f"[{table}]"
        return f"{self.line} under {under}" if table else self.line


def _toml(value: Any) -> str:
    """A value as TOML writes it: texts, numbers, true and false, and lists of them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # a text and a number are written alike in JSON and TOML
    return json.dumps(value, ensure_ascii=False, default=str)


class Refusal(str):
    """Why something that was asked for is not there: a sentence, which ends with the settings that would bring it.

    Args:
        why: the sentence without them.
        mends: the settings, each a way out by itself.
    """

    __slots__ = ("mends", "why")
    why: str
    mends: tuple[Mend, ...]

    def __new__(cls, why: str, mends: Iterable[Mend]) -> Self:
        """The sentence, with all settings at its end."""
        ways_out = tuple(mends)
        made = super().__new__(cls, f"{why}; write {' or '.join(map(str, ways_out))}")
        made.why, made.mends = why, ways_out
        return made


class AuditkitError(Exception):
    """The base of everything auditkit raises on purpose; its text is for the user.

    Args:
        message: what is wrong and how to mend it.
        mend: the settings that the message proposes, each a way out by itself.
    """

    mend: tuple[Mend, ...] = ()

    def __init__(self, *message: object, mend: Mend | Iterable[Mend] = ()) -> None:
        super().__init__(*message)
        self.mend = (mend,) if isinstance(mend, Mend) else tuple(mend)


class ConfigError(AuditkitError):
    """The configuration or the command line is wrong."""


class DataError(AuditkitError):
    """The audit data cannot be used as given."""


class ModelError(AuditkitError):
    """The model cannot be wrapped or asked."""


class CapabilityError(ModelError):
    """The model lacks what was asked of it."""


class ModelEnded(ModelError):
    """The model ended the process that asked it, or took more time or memory than it may; nothing was judged."""


class ModelFileRejected(ModelError):
    """A model file was not opened, and why."""


class ModelUnreachable(ModelError):
    """The server of a model did not answer, or may not be asked more."""


class PluginError(AuditkitError):
    """A plugin broke the contract with its host."""


class FindingsError(AuditkitError):
    """A check returned what cannot be a finding."""


class MissingExtra(AuditkitError, ImportError):
    """An optional package is not installed."""


class TimeLimit(AuditkitError):
    """A check ran past its time limit; `findings`, where set, is what it had by then."""

    findings: object | None = None


class EvidenceError(AuditkitError):
    """A run folder is incomplete, altered or unreadable."""


class EvidenceLost(EvidenceError):
    """A run folder was moved or replaced while an audit wrote to it, or changed after that; nothing is sealed."""


DISTRIBUTION = "auditkit-rai"
"""The name on the package index; the import name is taken there by another product."""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional package, or say which extra brings it.

    Args:
        module: dotted name to import, such as `"captum.attr"`.
        extra: the extra of auditkit that installs it, such as `"captum"`.

    Raises:
        MissingExtra: the package is not installed; the message holds the pip command.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        # the package is there and lacks one of its own: to install it again would not help
        of_its_own = error.name is not None and error.name.partition(".")[0] != top
        lacking = f"{error.name!r}, which {top!r} needs," if of_its_own else repr(top)
        raise MissingExtra(
            f"the package {lacking} is not installed; install it with: pip install '{DISTRIBUTION}[{extra}]'"
        ) from error


def closest(word: str, known: Iterable[str]) -> str:
    """A phrase that helps with a misspelt word: the close match, or the list of what is known."""
    names = sorted(known)
    match = [name for name in names if name.casefold() == word.casefold()]
    match = match or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if match:
        return f"did you mean {match[0]!r}?"
    return "known: " + (", ".join(repr(name) for name in names) if names else "none")


def check_known(
    names: Iterable[str], known: Collection[str], error: type[AuditkitError], sentence: Callable[[str], str],
    elsewhere: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Refuse the first of some names that is not known, with a phrase that helps.

    Args:
        names: as somebody wrote them.
        known: what they may be.
        error: what is raised.
        sentence: what is wrong with a name, up to that phrase.
        elsewhere: {a name of other libraries: what it is here}.

    Raises:
        AuditkitError: of the kind `error`.
    """
    for name in names:
        if name not in known:
            raise error(f"{sentence(name)}{closest((elsewhere or {}).get(name, str(name)), known)}")


def present(value: Value | None, why: str) -> Value:
    """A value that cannot be None here.

    Args:
        value: the value.
        why: in words, why it is there: "the check needs labels".

    Raises:
        RuntimeError: it is None all the same, which is a fault of the caller and of nothing that a user gave.
    """
    if value is None:
        raise RuntimeError(f"a value is missing that must be there: {why}. This is a fault of the program; report it")
    return value
