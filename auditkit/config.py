"""auditkit.toml to typed settings: defaults < file < AUDITKIT_* < flags; an unknown key is an error."""

import os
import pathlib
import tomllib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from auditkit.errors import ConfigError, check_known, closest
from auditkit.renames import ELSEWHERE
from auditkit.settings import Settings
from auditkit.text import one_line

ENVIRONMENT = {
    "AUDITKIT_BUDGET": "budget",
    "AUDITKIT_DEVICE": "device",
    "AUDITKIT_OUT": "out",
    "AUDITKIT_SEED": "seed",
}
"""The closed list of environment variables, and the keys of `[audit]` that they set."""

MOST = 4 * 2**20
"""Bytes that a configuration may have."""
DEEPEST = 30
"""Tables and lists in one another."""


def load(path: str | os.PathLike[str] | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Settings from a file, the environment and flags.

    Args:
        path: an auditkit.toml, a pyproject.toml with `[tool.auditkit]`, or None: the one in this folder.
        flags: keys of `[audit]` that the command line sets; None values are left out.

    Raises:
        ConfigError: there is no file, it is not TOML, or a key or value in it is not allowed.
    """
    try:
        file = _find(path)
        document = _read(file)
    except OSError as error:
        raise ConfigError(f"the configuration cannot be read: {error.strerror or error}") from None
    audit = document.get("audit", {})
    if not isinstance(audit, dict):
        raise ConfigError(f"{file.name}: audit must be a table, begun with [audit]; {one_line(audit, 80)!r} was given")
    audit = dict(audit)
    # the file, then the environment, then flags: the nearer to this one run, the stronger
    audit.update({key: os.environ[name] for name, key in ENVIRONMENT.items() if os.environ.get(name)})
    audit.update({key: value for key, value in (flags or {}).items() if value is not None})
    extra = {"AUDITKIT_DATA", "AUDITKIT_KEY_PASSPHRASE", "AUDITKIT_RESUME_SECRET"}
    own_names = (name for name in os.environ if name.startswith("AUDITKIT_") and name not in extra)
    check_known(own_names, ENVIRONMENT, ConfigError, lambda name: f"the environment variable {name} is not known; ")
    settings = parse(Settings, {**document, "audit": audit}, file.name)
    if not settings.all_models and settings.data.selected is None:
        raise ConfigError(f"{file.name}: a [model] with path, object, decisions or scores is required; none was given")
    return settings


def parse(kind: type[BaseModel], document: Mapping[str, Any], source: str) -> Any:
    """A typed object from plain values.

    Raises:
        ConfigError: every key or value that is not allowed, each with its place and the close match.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        lines = [_sentence(kind, problem, source) for problem in error.errors(include_url=False)]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def _find(path: str | os.PathLike[str] | None) -> pathlib.Path:
    if path is not None:
        file = pathlib.Path(path)
        file = file / "auditkit.toml" if file.is_dir() else file
        if not file.is_file():
            raise ConfigError(f"there is no file {file.name!r}; write one, or name it: auditkit run FILE")
        return file
    for name in ("auditkit.toml", "pyproject.toml"):
        if pathlib.Path(name).is_file():
            return pathlib.Path(name)
    raise ConfigError("there is no auditkit.toml in this folder; write one, or name it: auditkit run FILE")


def _read(path: pathlib.Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        raw = stream.read(MOST + 1)
    if len(raw) > MOST:
        raise ConfigError(f"{path.name} is longer than a configuration may be: {MOST:,} bytes")
    try:
        document = tomllib.loads(raw.decode())
        _check_depth(document)
    except RecursionError:
        raise ConfigError(f"{path.name} is not valid TOML: its lists lie too deep in one another") from None
    except ValueError as error:  # of TOML, of UTF-8, and of a number with too many digits
        hint = "" if path.suffix == ".toml" else "; what is run is a configuration, which names data and model"
        raise ConfigError(f"{path.name} is not valid TOML: {one_line(error)}{hint}") from None
    if path.name == "pyproject.toml":
        for name in ("tool", "auditkit"):
            document = document.get(name, {}) if isinstance(document, dict) else {}
        if not document or not isinstance(document, dict):
            raise ConfigError("pyproject.toml has no [tool.auditkit]; write it, or an auditkit.toml")
    return document


def _check_depth(document: dict[str, Any]) -> None:
    """Refuse tables and lists that lie deeper in one another than anybody writes, and than what reads them can go."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inside = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        level = [value for values in inside for value in values]
    if level:
        raise RecursionError


def _sentence(kind: type[BaseModel], error: Any, source: str) -> str:
    key_path = [str(step) for step in error["loc"]]
    # pydantic names the type that it tried, such as `tuple[str, ...]`: that is no place in the file
    written_path = [step for step in key_path if "[" not in step]
    sentence = ": ".join(filter(None, (source, ".".join(written_path))))
    if error["type"] == "extra_forbidden":
        meant = ELSEWHERE.get(key_path[-1], key_path[-1])
        return f"{sentence} is not a known key; {closest(meant, _keys(kind, key_path[:-1]))}"
    if error["type"] == "missing":
        return f"{sentence} is required, and was not given"
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        name = written_path[-1]
        return f"{sentence} must be one or more tables, each begun with [[{name}]]; one [{name}] was given"
    value = one_line(error.get("input"), 80)
    if isinstance(error.get("input"), str) and (error["type"] == "tuple_type" or len(written_path) < len(key_path)):
        return f'{sentence} must be a list, such as ["{value}"]; {value!r} was given'
    return f"{sentence}: {one_line(error['msg']).removeprefix('Value error, ')}; {value!r} was given"


def _keys(kind: Any, key_path: list[str]) -> list[str]:
    """The known keys of the table at `key_path`."""
    for step in key_path:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and step in kind.model_fields:
            kind = kind.model_fields[step].annotation
        kind = next(iter(_models_in(kind)), kind)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
