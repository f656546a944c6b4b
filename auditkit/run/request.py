"""What an audit was asked to do."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from auditkit.checks import BUDGETS, Budget, Check
from auditkit.config import parse
from auditkit.errors import ConfigError
from auditkit.judge import NO_SETTING
from auditkit.plugin_validation import wrong_kind
from auditkit.results import Limit, Waiver
from auditkit.results.card import parse_card
from auditkit.settings import AuditSettings, Isolation
from auditkit.text import as_python, one_line, one_or_more, shown

Progress: TypeAlias = Callable[[str, int, int, str], None]
"""Called with (check, done, total, what)."""


@dataclass(frozen=True)
class Request:
    """Everything that an audit was asked to do; the fields are those of `audit`."""

    checks: Sequence[str | Check] | None = None
    only: Sequence[str | Check] = ()
    """Of the checks, those that run this time; a limit about another is not tested."""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    waivers: Sequence[Waiver] = ()
    rules: Sequence[str] = ()
    card: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = "standard"
    device: str | None = None
    seed: int = 0
    seconds_per_check: float | None = None
    gigabytes_per_check: float | None = None
    """Of memory, beyond what model and data take."""
    threads: int | None = None
    jobs: int = 1
    """Checks that run at once."""
    isolate: Isolation = "all"
    """What runs in processes of its own."""
    include_rows: bool = False
    """Single rows may be shown."""
    title: str = ""
    """What the audit of one model is called."""
    formats: Sequence[str] = ()
    """Formats made beside those that are always made."""
    fresh: bool = False
    """Nothing that an earlier run left in the folder is taken up."""
    progress: Progress | None = None

    def __getstate__(self) -> dict[str, Any]:
        # another process is told by name which check to do; a callback, or a check that is a live object, may not cross
        return {**self.__dict__, "checks": None, "only": (), "progress": None}


AS_WRITTEN: Final = (
    "seed", "device", "rules", "formats", "title", "seconds_per_check", "gigabytes_per_check", "threads", "jobs",
    "isolate", "include_rows",
)  # fmt: skip
"""Arguments that are held to what a configuration may say."""


def _all(given: Any, kinds: Any) -> bool:
    return isinstance(given, Iterable) and all(isinstance(one, kinds) for one in given)


ARGUMENTS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "checks": ("families, ids, decorated functions or Check objects", lambda given: _all(given, str | Check)),
    "parameters": (
        "{check id: {parameter: value}}",
        lambda given: isinstance(given, Mapping) and _all(given.values(), Mapping),
    ),
    "limits": ("a list of limits", lambda given: isinstance(given, Iterable | Limit)),
    "waivers": ("a list of waivers", lambda given: isinstance(given, Iterable | Waiver)),
    "card": ("a mapping, {key: text}", lambda given: isinstance(given, Mapping)),
    "progress": ("a callable with (check, done, total, what)", callable),
}
"""{argument: what is required, and whether a value is that}, of what a configuration writes otherwise or not at all."""


def make_request(**options: Any) -> Request:
    """A Request from the arguments of `audit`; None is left out.

    Raises:
        ConfigError: a limit, waiver or card key is wrong, or the budget is not known.
    """
    # None means that the caller left it out; the defaults stand in the fields alone
    stated = {name: as_python(value) for name, value in options.items() if value is not None}
    stated.update({name: one_or_more(stated[name]) for name in ("checks", "rules", "formats") if name in stated})
    if isinstance(stated.get("checks"), Iterable):
        stated["checks"] = tuple(map(_as_check, stated["checks"]))
    for name, (required, fits) in ARGUMENTS.items():
        if name in stated and not fits(stated[name]):
            raise ConfigError(f"{name} must be {required}; {shown(stated[name])} was given")
    as_written: dict[str, Any] = {name: stated[name] for name in AS_WRITTEN if name in stated}
    stated.update(parse(AuditSettings, as_written, "").model_dump(include=set(as_written)))
    stated["limits"] = _records(Limit, stated.get("limits", ()), "limits")
    stated["waivers"] = _records(Waiver, stated.get("waivers", ()), "waivers")
    stated["card"] = parse_card(stated.get("card", {}))
    if stated.get("budget", "standard") not in BUDGETS:
        raise ConfigError(f"budget must be one of {', '.join(BUDGETS)}; {one_line(stated['budget'])!r} was given")
    return Request(**stated)


def _as_check(given: Any) -> Any:
    """A decorated function, or a class, as the check with its defaults; anything else as it is."""
    kind = None if isinstance(given, str | Check) else getattr(given, "check", given)
    if not (isinstance(kind, type) and issubclass(kind, Check)):
        return given
    wrong = wrong_kind(kind, Check)
    if wrong:
        raise ConfigError(f"checks: {kind.__name__}: {wrong}")
    return kind()


def about(request: Request, accounts: Collection[str]) -> Request:
    """The request for one of several models.

    A limit on what a trainer says of itself is about the models that it made, or failed to make, and of no other.

    Args:
        request: for all models.
        accounts: the ids of the trainers' own results that this model has, such as `train.reweighing`.
    """
    limits = tuple(
        limit
        for limit in request.limits
        # the dot behind an id, so that `train.dp` is not taken for `train.dp-sgd`
        if not limit.measurement.startswith("train.")
        or any(f"{limit.measurement}.".startswith(f"{account}.") for account in accounts)
    )
    names = {limit.name for limit in limits}
    return replace(request, limits=limits, waivers=tuple(waiver for waiver in request.waivers if waiver.limit in names))


def _records(kind: type[Any], given: Any, table: str) -> tuple[Any, ...]:
    """All of them; one alone needs no list around it."""
    given = (given,) if isinstance(given, kind | Mapping | str) else given
    return tuple(_record(kind, record, table) for record in given)


def _record(kind: Any, record: Any, table: str) -> Any:
    if kind is Limit and isinstance(record, Mapping) and "scope" in record:
        raise ConfigError(f"limits: {NO_SETTING}; {shown(record['scope'])} was given")
    if isinstance(record, kind):
        return record
    if not isinstance(record, Mapping):
        called = f"{table} must hold mappings, or objects of auditkit.results.{kind.__name__}"
        raise ConfigError(f"{called}; {shown(record)} was given")
    return parse(kind, as_python(dict(record)), table)
