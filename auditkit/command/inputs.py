"""From settings to the live things: data read, models opened, each error with its place in the file."""

import contextlib
import functools
import importlib
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from auditkit.adapters import is_reference
from auditkit.checks import Check
from auditkit.data import AuditData
from auditkit.data.readers import table_settings
from auditkit.data.readers.foreseen import foresee
from auditkit.data.readers.roles import FindColumns
from auditkit.errors import AuditkitError, ConfigError
from auditkit.foreign_code import foreign, raised
from auditkit.host import Host
from auditkit.memory import WAY_OUT, machine_memory, out_of_memory
from auditkit.models import Model, ModelOptions
from auditkit.run.open import with_fitted_kinds
from auditkit.run.settle import refuse_uncounted
from auditkit.settings import DataSettings, ModelSettings, Settings
from auditkit.text import one_line
from auditkit.workers import rehearsal


class Opened(NamedTuple):
    """What an audit needs, opened."""

    models: list[Model]
    data: AuditData


def open_all(
    host: Host, settings: Settings, folder: pathlib.Path, trust_pickle: bool = False, checks: Sequence[str | Check] = ()
) -> Opened:
    """Open every model and the data that settings name; paths are relative to `folder`.

    A file of recorded answers that is going to be counted is not read where `checks` names one that cannot run so.

    Raises:
        ConfigError, DataError, ModelError: what is wrong, and where.
    """
    model_settings = settings.all_models
    if settings.data.selected is not None:
        if (
            any(
                setting.path or setting.object or setting.url or setting.decisions or setting.scores or setting.texts
                for setting in model_settings
            )
            or len(model_settings) > 1
        ):
            raise ConfigError(
                "[data] selected says what was decided; take path, object, url, decisions and scores out of [model]"
            )
        named = model_settings[0] if model_settings else ModelSettings()
        model_settings = (named.model_copy(update={"decisions": settings.data.selected}),)
    if settings.data.task == "case_scores" or settings.data.case_scores:
        return _open_scored(host, settings, folder)
    if settings.data.task == "generation" or settings.data.prompt is not None:
        # what kind of model it is cannot be seen of one that is asked
        model_settings = tuple(
            setting if setting.task else setting.model_copy(update={"task": "generation"}) for setting in model_settings
        )
    if settings.data.time is not None or settings.data.event is not None:
        model_settings = tuple(setting.model_copy(update={"task": "survival"}) for setting in model_settings)
    recorded = [
        setting for setting in model_settings if setting.decisions or setting.scores or setting.texts or setting.alive
    ]
    if len(recorded) > 1 or (recorded and len(model_settings) > 1):
        raise ConfigError("[model] with recorded answers must be the only model; audit each on its own")
    # a file of a hundred million rows is not counted for a check that then cannot run
    if recorded and checks:
        path, options = _table_options(settings.data, folder, recorded[0], None)
        counted = foresee(path, table_settings(options))
        if counted is not None:
            refuse_uncounted(host, checks, counted.reason, counted.rows)
    if isinstance(settings.data.label, tuple) or settings.data.task == "multilabel":
        task: dict[str, Any] = {"task": "multilabel"}
        settings = settings.model_copy(update={"data": settings.data.model_copy(update=task)})
        model_settings = tuple(
            setting if setting in recorded else setting.model_copy(update=task) for setting in model_settings
        )
    live = {
        id(setting): _open_model(
            host, setting, folder, trust_pickle, setting.rehearse and settings.audit.isolate != "none"
        )
        for setting in model_settings
        if setting not in recorded
    }
    opened = list(live.values())
    share_features = bool(opened) and all(model.feature_names == opened[0].feature_names for model in opened)
    # models that want different columns get the whole table and choose themselves
    features = opened[0].find_columns if share_features and opened[0].feature_names is not None else None
    path, options = _table_options(settings.data, folder, recorded[0] if recorded else None, features)
    data = AuditData.from_table(path, **options)
    models = [
        _recorded(host, setting, data) if setting in recorded else live[id(setting)] for setting in model_settings
    ]
    return Opened(models, with_fitted_kinds(data, models))


def _open_scored(host: Host, settings: Settings, folder: pathlib.Path) -> Opened:
    """The cases, and the systems that were scored on them: one, or several `[[models]]` with columns of their own."""
    named = settings.all_models or (ModelSettings(),)
    for setting in named:
        if setting.path or setting.object or setting.decisions or setting.scores:
            raise ConfigError(
                "[model] of the task case_scores names the columns of its scores, as in case_scores = { dice = "
                '"dice_a" }, or nothing where they are called as the scores; take path, object, decisions, scores out'
            )
    if len(named) > 1 and not all(setting.name and setting.case_scores for setting in named):
        raise ConfigError(
            '[[models]] of the task case_scores need a name and columns each, as in name = "a" and case_scores = { '
            'dice = "dice_a" }'
        )
    path, options = _table_options(settings.data, folder, None, None)
    options["systems"] = {setting.name or "": setting.case_scores for setting in named}
    data = AuditData.from_table(path, **options)
    models = [host.wrap_model(data, ModelOptions(name=setting.name, inputs=setting.inputs)) for setting in named]
    return Opened(models, data)


def _table_options(
    settings: DataSettings, folder: pathlib.Path, recorded: ModelSettings | None, features: FindColumns | None
) -> tuple[pathlib.Path, dict[str, Any]]:
    """The path and the arguments of `from_table`, for the audit data that `[data]` names.

    Args:
        settings: the table `[data]`.
        folder: what its paths are relative to.
        recorded: a model that stands in columns of the data; None for a live one.
        features: finds the model's features among the columns; the inputs are then exactly these.
    """
    options = settings.model_dump(exclude={"path", "groups", "train", "features", "name"}, exclude_none=True)
    if recorded is not None:
        options.update(
            decisions=recorded.decisions,
            scores=recorded.scores,
            abstain=recorded.abstain,
            texts=recorded.texts,
            alive=recorded.alive,
        )
    if settings.selected is not None:
        options["decisions"] = None
    groups = settings.groups
    named: Any = (
        groups
        if isinstance(groups, tuple)
        else {name: group.model_dump(exclude_none=True) for name, group in groups.items()}
    )
    if settings.case_scores:
        options["case_scores"] = {
            name: score.model_dump(exclude_none=True) for name, score in settings.case_scores.items()
        }
    else:
        options.pop("case_scores", None)
    schema = {name: feature.model_dump(exclude_none=True) for name, feature in settings.features.items()}
    options.update(
        groups=named,
        schema=schema,
        train=None if settings.train is None else folder / settings.train,
        name=settings.name or pathlib.Path(settings.path).name,
        features=features,
    )
    return folder / settings.path, options


def import_object(spec: str, folder: pathlib.Path, key: str) -> Any:
    """What `package.module:name` names, with `folder` importable.

    Raises:
        ConfigError: it is not of that form, or cannot be imported.
    """
    module, colon, name = spec.partition(":")
    if not colon or not module or not name:
        raise ConfigError(f"{key} must be of the form package.module:name; {one_line(spec)!r} was given")
    with _importable(folder), _blamed(f"{key} {spec!r}: its import", f"{key}: {spec!r} cannot be imported:"):
        named = importlib.import_module(module)
        for part in name.split("."):
            named = getattr(named, part)
    return named


def _open_model(host: Host, settings: ModelSettings, folder: pathlib.Path, trust_pickle: bool, rehearse: bool) -> Model:
    if [settings.path, settings.object, settings.url].count(None) != 2:
        raise ConfigError(
            "[model] needs one of path, object, url, decisions, scores, texts, alive; give exactly one of path, object "
            "and url"
        )
    preprocess = settings.preprocess and import_object(settings.preprocess, folder, "[model] preprocess")
    options = ModelOptions(
        name=settings.name, task=settings.task, classes=settings.classes, threshold=settings.threshold,
        abstain=settings.abstain, preprocess=preprocess, batch=settings.batch, device=settings.device,
        output=settings.output, target=settings.target, class_path=settings.class_path, arguments=settings.arguments,
        trust=settings.trust, trust_pickle=trust_pickle, inputs=settings.inputs, random=settings.random,
        memory_limit=settings.memory_limit, rehearse=rehearse,
        tokenizer=settings.tokenizer and folder / settings.tokenizer,
    )  # fmt: skip
    if settings.path is not None:
        path = pathlib.Path(settings.path) if is_reference(settings.path) else folder / settings.path
        if not is_reference(settings.path) and not path.exists():
            raise ConfigError(f"[model] path: there is no file {settings.path!r}")
        with _importable(folder):
            model = host.load_model(path, options)
        model.name = settings.name or model.name
        return model
    if settings.endpoint is not None:
        return host.wrap_model(settings.endpoint, options)
    factory = import_object(str(settings.object), folder, "[model] object")
    make = functools.partial(_made, host, factory, str(settings.object), options)
    if rehearse and callable(factory) and not isinstance(factory, Model):
        with _importable(folder):
            rehearsal.rehearse(
                f"[model] object: {settings.object!r}", make, settings.memory_limit or machine_memory(), ConfigError,
                rehearsal.OWN_CODE,
            )  # fmt: skip
    model = make()
    model.loaded = f"object {settings.object}, made by the user's own code"
    model.name = settings.name or model.name
    return model


def _made(host: Host, factory: Any, spec: str, options: ModelOptions) -> Model:
    with _blamed(f"[model] object {spec!r}", f"[model] object: {spec!r} raised"):
        obj = factory() if callable(factory) and not isinstance(factory, Model) else factory
    return host.wrap_model(obj, options)


@contextlib.contextmanager
def _blamed(code: str, fault: str) -> Iterator[None]:
    """Turn whatever the user's own code raises into a sentence that begins with `fault`; `code`: what runs."""
    try:
        with foreign(code, needed=True):
            yield
    except AuditkitError:
        raise
    except Exception as error:  # it may raise anything
        way_out = f": out of memory. {WAY_OUT}" if out_of_memory(error) else ""
        raise ConfigError(f"{fault} {raised(error)}{way_out}") from error


def _recorded(host: Host, settings: ModelSettings, data: AuditData) -> Model:
    columns = settings.decisions or settings.scores or settings.texts or settings.alive[0]
    name = settings.name or (f"recorded {columns}" if isinstance(columns, str) else "recorded answers")
    options = ModelOptions(name=name, threshold=settings.threshold, inputs=settings.inputs, target=settings.target)
    return host.wrap_model(data, options)


@contextlib.contextmanager
def _importable(folder: pathlib.Path) -> Iterator[None]:
    entry = str(folder.resolve())
    # first, so that the user's module wins over an installed one of its name
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
