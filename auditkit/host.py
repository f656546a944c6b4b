"""The host of all plugins: lists, loads, blocks and calls them, each on its own and by name."""

import functools
import importlib.metadata
import logging
import operator
import os
import pathlib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pluggy

from auditkit import hookspecs
from auditkit.adapters import unknown
from auditkit.checks import Check, Context, Offer as Offer
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, ModelFileRejected, PluginError
from auditkit.foreign_code import foreign, raised
from auditkit.memory import machine_memory
from auditkit.models import Model, ModelOptions
from auditkit.option_guard import hold, model_options, refuse_changes
from auditkit.plugin_import import Seen, describe, distribution, import_plugin
from auditkit.plugin_validation import ROWS, decorated, offered, problems, wrong_class, wrong_pack, wrong_row
from auditkit.plugins import BUILTIN
from auditkit.results import AuditResult, CheckResult, Plan, PluginInfo
from auditkit.text import class_name, one_or_more
from auditkit.trainers import Trainer
from auditkit.version import __version__
from auditkit.workers.rehearsal import OWN_CODE, rehearse

GROUP = "auditkit"
"""The entry-point group of plugins."""

log = logging.getLogger(__name__)
logging.getLogger("auditkit").addHandler(logging.NullHandler())  # a library prints nothing unless it is asked to


class Host:
    """Loads plugins and calls their hooks; an instance of its own for every audit, nothing global.

    Args:
        plugins: entry-point names, dotted modules, paths of `.py` files, or live objects, to load beside the built-ins.
        discover: list the installed entry points (without importing them).
        builtin: load auditkit's own plugins.
    """

    def __init__(self, plugins: Iterable[Any] = (), *, discover: bool = True, builtin: bool = True) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.seen: list[Seen] = []
        self.faults: list[str] = []
        """What went wrong with a plugin that was asked for, each a sentence that names it."""
        self._manager.register(self, "auditkit")
        if builtin:
            for dotted in BUILTIN:
                self._load(Seen(dotted.rpartition(".")[2], "auditkit", __version__, "built-in"), dotted)
        # listed but not imported: an installed plugin runs no code before it is asked for
        installed = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)} if discover else {}
        named = list(one_or_more(plugins or ()))
        self._arguments = named, discover, builtin
        for name, point in sorted(installed.items()):
            installed_plugin = Seen(name, *distribution(point), "entry point")
            if name in named:
                self._load(installed_plugin, point)
            else:
                self.seen.append(installed_plugin)
        for source in named:
            if not (isinstance(source, str) and source in installed):
                self._load(describe(source, installed), source)
        self._find_duplicates()

    def __reduce__(self) -> tuple[Any, ...]:
        # in another process the same plugins are loaded again, for modules of files are known by the host alone
        sent = [seen for seen in self.seen if seen.name not in self.staying]
        live = {id(seen.plugin) for seen in self.seen} - {id(seen.plugin) for seen in sent}
        sources = [source for source in self._arguments[0] if id(source) not in live]
        return _same_host, (sources, *self._arguments[1:], [seen.as_loaded for seen in sent])

    @functools.cached_property
    def staying(self) -> dict[str, str]:
        """{plugin: why it cannot be sent to another process}, of those that were given as objects."""
        from auditkit.workers.parcel import unsendable  # what it imports is wanted only where something is sent

        live = {seen.name: seen.plugin for seen in self.seen if seen.version == "object" and seen.plugin is not None}
        return {name: why for name, plugin in live.items() if (why := unsendable(plugin, f"plugin {name!r}"))}

    # ---- what plugins offer

    def checks(self) -> dict[str, Offer]:
        """{id: check class} of everything loaded, in the order of the ids; an id that two offer is not among them."""
        return {offer.value.id: offer for offer in self._offers("register_checks", Check)}

    def trainers(self) -> dict[str, Offer]:
        """{id: trainer class} of everything loaded."""
        return {offer.value.id: offer for offer in self._offers("register_trainers", Trainer)}

    def rules(self) -> list[pathlib.Path]:
        """The rule packs of everything loaded."""
        paths = []
        for offer in self._collect("register_rules"):
            wrong = self._wrong("register_rules", offer, wrong_pack)
            if wrong:
                self.fault(f"plugin {offer.plugin!r}: register_rules: a path of a rule pack is required; {wrong}")
            else:
                paths.append(pathlib.Path(offer.value))
        return sorted(paths, key=lambda path: path.name)

    def formats(self) -> dict[str, hookspecs.Format]:
        """{name: output format} of everything loaded; a name or a file that two offer is not among them.

        One of auditkit's own stays whatever a plugin offers, so that no plugin takes the report out of the evidence.
        """
        owners: dict[str, list[Offer]] = {}
        for offer in self.rows("register_formats").values():
            # two names that differ in case alone are one file on many systems
            owners.setdefault(offer.value.file.lower(), []).append(offer)
        return {offer.value.name: offer.value for offer in self._unshared("register_formats", "file", owners).values()}

    def rows(self, hook: str) -> dict[str, Offer]:
        """{name: row} of what plugins add to a list, such as attacks; a name that two offer is not among them.

        Args:
            hook: one of `plugin_validation.ROWS`. A row that is wrong is a fault that names its plugin.
        """
        owners: dict[str, list[Offer]] = {}
        for offer in self._collect(hook):
            wrong = self._wrong(hook, offer, lambda value: wrong_row(hook, value))
            if wrong:
                self.fault(f"plugin {offer.plugin!r}: {hook}: {wrong}")
            else:
                owners.setdefault(offer.value[0], []).append(offer)
        return self._unshared(hook, "name", owners)

    def plugins(self) -> list[PluginInfo]:
        """Everything seen, loaded or not, in the order of the names."""
        checks = self.checks()
        return [self._info(seen, checks) for seen in sorted(self.seen, key=operator.attrgetter("name"))]

    def _info(self, seen: Seen, checks: Mapping[str, Offer]) -> PluginInfo:
        return PluginInfo(
            name=seen.name, distribution=seen.distribution, version=seen.version, loaded=seen.plugin is not None,
            source=seen.source,  # type: ignore[arg-type]
            hooks=tuple(sorted(caller.name for caller in self._manager.get_hookcallers(seen.plugin) or [])),
            checks=tuple(id for id, offer in checks.items() if offer.plugin == seen.name), error=seen.error,
        )  # fmt: skip

    # ---- first-result hooks

    def load_model(self, path: pathlib.Path, options: ModelOptions) -> Model:
        """A Model from a file, by whichever plugin knows its content.

        Raises:
            ModelError: no plugin does.
        """
        return self._first("load_model", f"the file {path.name!r}", path=path, options=options)

    def wrap_model(self, obj: Any, options: ModelOptions) -> Model:
        """A Model from a live object or the path of a file; a Model is given back as it is.

        Raises:
            ModelError: no plugin knows it, or it is a Model already, of which an option would change what it answers.
        """
        if isinstance(obj, Model):
            refuse_changes(obj, options)
            return obj
        is_path = isinstance(obj, str | os.PathLike)
        if is_path and os.path.exists(obj):
            return self.load_model(pathlib.Path(obj), options)
        subject = f"{str(obj)!r}, where there is no file" if is_path else f"an object of type {class_name(obj)!r}"
        return self._first("wrap_model", subject, obj=obj, options=options)

    def run_check(self, check: Check, model: Model, data: AuditData, context: Context) -> CheckResult:
        """Run one check through the hook, with whatever wraps it."""
        self._answered_by: str | None = None
        result = self._manager.hook.run_check(check=check, model=model, data=data, context=context)
        wrappers = tuple(impl.plugin_name for impl in self._manager.hook.run_check.get_hookimpls() if _wraps(impl))
        if not isinstance(result, CheckResult):
            author = self._answered_by or ", ".join(wrappers) or "auditkit"
            raise PluginError(f"{check.id}: run_check must give a CheckResult; {author} gave {class_name(result)}")
        return result.model_copy(update={"answered_by": self._answered_by, "wrapped_by": wrappers})

    def runs_foreign_code(self, plugin: str) -> bool:
        """Whether a check of this plugin, or what wraps or answers it, is none of auditkit's own."""
        return not all(map(self.is_builtin, {plugin, *self.all_run_by()}))

    def all_run_by(self) -> set[str]:
        """The plugins that wrap every check, or may answer in its place."""
        return {impl.plugin_name for impl in self._manager.hook.run_check.get_hookimpls()} - {"auditkit"}

    # ---- notifications

    def audit_started(self, plan: Plan) -> None:
        """Tell every plugin that the plan is fixed."""
        self._notify("audit_started", plan=plan)

    def check_finished(self, result: CheckResult) -> None:
        """Tell every plugin that one check ended."""
        self._notify("check_finished", result=result)

    def audit_finished(self, result: AuditResult, folder: pathlib.Path | None) -> None:
        """Tell every plugin that everything is judged and written."""
        self._notify("audit_finished", result=result, folder=folder)

    # ---- loading

    def _load(self, seen: Seen, source: Any) -> None:
        """Import and register one plugin; whatever goes wrong becomes a fault that names it."""
        try:
            with foreign(f"plugin {seen.name!r}: its import"):
                plugin = import_plugin(source)
                wrong = problems(plugin)
                if wrong:
                    raise PluginError("; ".join(wrong))
                self._manager.register(plugin, seen.name)
            self.seen.append(replace(seen, plugin=plugin))
        except Exception as error:  # a plugin may raise anything at all
            if self._manager.has_plugin(seen.name):  # pluggy leaves one half registered where its validation fails
                self._manager.unregister(name=seen.name)
            message = raised(error, 500)
            self.seen.append(replace(seen, error=message))
            self.faults.append(f"plugin {seen.name!r} did not load: {message}")

    def _unshared(self, hook: str, noun: str, owners: dict[str, list[Offer]]) -> dict[str, Offer]:
        """{name: the one offer of it}; several of a name are a fault, and only auditkit's own stands among them."""
        unshared = {}
        for name, offers in sorted(owners.items()):
            kept = [offer for offer in offers if len(offers) == 1 or self.is_builtin(offer.plugin)]
            if len(offers) > 1:
                plugins = " and ".join(sorted(repr(offer.plugin) for offer in offers))
                used = "auditkit's own" if kept else "neither"
                self.fault(f"{hook}: the {noun} {name!r} is offered by {plugins}; {used} is used")
            if kept:
                unshared[name] = kept[0]
        return unshared

    def _find_duplicates(self) -> None:
        for hook, kind in (("register_checks", Check), ("register_trainers", Trainer)):
            owners: dict[str, list[str]] = {}
            for offer in self._offers(hook, kind, unique=False):
                owners.setdefault(offer.value.id, []).append(offer.plugin)
            for id, names in sorted(owners.items()):
                if len(names) > 1:
                    self.faults.append(f"the id {id!r} is offered by {' and '.join(map(repr, names))}; neither is used")
        for hook in ROWS:
            self.rows(hook)  # for its faults
        self.formats()
        self.rules()

    # ---- calling

    def _offers(self, hook: str, kind: type, *, unique: bool = True) -> list[Offer]:
        """Classes that plugins register or merely define, sorted by id; with `unique`, ids offered once."""
        offers = list(self._collect(hook))
        # a class that is registered and defined in the same module counts once
        known = [(offer.plugin, decorated(offer.value)) for offer in offers]
        for seen in self.seen:
            if isinstance(seen.plugin, types.ModuleType) and seen.source != "built-in":
                merely_defined = (Offer(value, seen.name, seen.version) for value in offered(seen.plugin, kind))
                offers += [offer for offer in merely_defined if (offer.plugin, offer.value) not in known]
        good = []
        for offer in offers:
            value = decorated(offer.value)
            wrong = self._wrong(hook, offer._replace(value=value), lambda value: wrong_class(value, kind))
            if wrong:
                self.fault(f"plugin {offer.plugin!r}: {hook} gave {wrong}")
            else:
                good.append(offer._replace(value=value))
        ids = [offer.value.id for offer in good]
        good.sort(key=lambda offer: (offer.value.id, offer.plugin))
        return [offer for offer in good if not unique or ids.count(offer.value.id) == 1]

    def _collect(self, hook: str) -> Iterator[Offer]:
        """Everything that a collecting hook is given, each with its plugin; a fault stops only its own."""
        for impl in sorted(getattr(self._manager.hook, hook).get_hookimpls(), key=operator.attrgetter("plugin_name")):
            who = f"plugin {impl.plugin_name!r}: {hook}"
            try:
                with foreign(who):
                    values = list(impl.function() or ())
            except Exception as error:  # a plugin may raise anything at all
                self.fault(f"{who} raised {raised(error)}")
                continue
            version = next((seen.version for seen in self.seen if seen.name == impl.plugin_name), __version__)
            for value in values:
                yield Offer(value, impl.plugin_name, version)

    def _wrong(self, hook: str, offer: Offer, judge: Callable[[Any], str | None]) -> str | None:
        """What is wrong with what a plugin gave, whose own code may be asked for it; None where nothing is."""
        try:
            with foreign(f"plugin {offer.plugin!r}: {hook}"):
                return judge(offer.value)
        except Exception as error:  # a plugin may raise anything at all
            return f"a {class_name(offer.value)} was given, which raised {raised(error)} when it was asked what it is"

    def _first(self, hook: str, subject: str, **arguments: Any) -> Model:
        # pluggy keeps them in the order of calling from the end
        for impl in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            model = self._made_by(impl, arguments)
            if model is not None:
                return model
        raise unknown(subject, arguments.get("obj"))

    def _made_by(self, impl: Any, arguments: dict[str, Any]) -> Model | None:
        """What one adapter makes of the arguments; an error of a plugin that is no sentence yet names the plugin."""
        who = f"plugin {impl.plugin_name!r}: {impl.function.__name__}"
        make = functools.partial(impl.function, **{name: arguments[name] for name in impl.argnames})
        try:
            with foreign(who, needed=True):
                # auditkit's own knows what each format may take
                if "path" in arguments and arguments["options"].rehearse and not self.is_builtin(impl.plugin_name):
                    what = f"{arguments['path'].name}: opening it with the plugin {impl.plugin_name!r}"
                    rehearse(what, make, machine_memory(), ModelFileRejected, OWN_CODE)
                return self._held(impl, make(), arguments["options"])
        except Exception as error:  # a plugin may raise anything at all
            if isinstance(error, AuditkitError) or self.is_builtin(impl.plugin_name):
                raise
            raise PluginError(f"{who} raised {raised(error, 500)}") from error

    def _held(self, impl: Any, model: Any, options: ModelOptions) -> Model | None:
        """What an adapter gave, a model with the user's options or None."""
        if model is None:
            return None
        if not isinstance(model, Model):
            who = f"plugin {impl.plugin_name!r}: {impl.function.__name__}"
            raise PluginError(f"{who} must give a Model or None; it gave {class_name(model)}")
        if not self.is_builtin(impl.plugin_name):
            hold(model, options, impl.plugin_name)
        model.abstain = options.abstain if model.abstain is None else model.abstain
        model.random = options.random
        return model

    def is_builtin(self, plugin: str) -> bool:
        """Whether a plugin is one of auditkit's own."""
        return any(seen.name == plugin and seen.source == "built-in" for seen in self.seen)

    def _notify(self, hook: str, **arguments: Any) -> None:
        for impl in sorted(getattr(self._manager.hook, hook).get_hookimpls(), key=operator.attrgetter("plugin_name")):
            who = f"plugin {impl.plugin_name!r}: {hook}"
            try:
                with foreign(who):
                    impl.function(**{name: arguments[name] for name in impl.argnames})
            except Exception as error:  # a plugin may raise anything at all
                self.fault(f"{who} raised {raised(error)}")

    def fault(self, sentence: str) -> None:
        """Take down what went wrong with a plugin, once."""
        if sentence not in self.faults:
            self.faults.append(sentence)
            log.warning(sentence)

    @hookspecs.hookimpl(tryfirst=True, specname="run_check")
    def _ask(self, check: Check, model: Model, data: AuditData, context: Context) -> CheckResult | None:
        """The core's own answer to run_check: the first plugin that answers, or the check; notes who it was."""
        arguments: dict[str, Any] = {"check": check, "model": model, "data": data, "context": context}
        for impl in reversed(self._manager.hook.run_check.get_hookimpls()):
            if _wraps(impl) or impl.plugin_name == "auditkit":
                continue
            answer: Any = impl.function(**{name: arguments[name] for name in impl.argnames})
            if answer is not None:
                self._answered_by = impl.plugin_name
                return answer
        return check(model, data, context)


def wrap(
    obj: Any, *, classes: Sequence[Any] | None = None, threshold: float | None = None, preprocess: Any = None,
    batch: int | None = None, device: str | None = None, plugins: Iterable[Any] = (), **options: Any,
) -> Model:  # fmt: skip
    """A Model from a live object: an estimator, a torch module, a callable, or what a plugin knows; or from a file.

    Args:
        obj: the object, or the path of a model file; a Model is given back as it is.
        classes: class values in the order of the columns of its probabilities.
        threshold: the score from which a row is decided positive.
        preprocess: a callable or fitted transformer from the audit data's inputs to what the object eats.
        batch: rows asked about at once.
        device: where the model runs; where it is, unless given.
        plugins: entry-point names, modules, `.py` files or objects whose adapters are asked beside the built-ins.
        options: further fields of `auditkit.models.ModelOptions`, such as `inputs`, the columns that the model is
            given as its owner states, for recorded answers and whatever else cannot be looked into.

    Raises:
        ModelError: no plugin knows the object, or an option does not fit it.
        PluginError: one of `plugins` did not load.
    """
    first = {"classes": classes, "threshold": threshold, "preprocess": preprocess, "batch": batch, "device": device}
    plugins = list(one_or_more(plugins))
    host = Host(plugins, discover=any(isinstance(plugin, str) for plugin in plugins))
    if host.faults:
        raise PluginError(f"wrap: {'; '.join(host.faults)}")
    return host.wrap_model(obj, model_options({**first, **options}))


def _same_host(plugins: list[Any], discover: bool, builtin: bool, versions: list[tuple[str, str, bool]]) -> Host:
    host = Host(plugins, discover=discover, builtin=builtin)
    now = [seen.as_loaded for seen in host.seen]
    if now != versions:
        changed = next(name for name, *_ in {*now} ^ {*map(tuple, versions)})
        raise PluginError(f"plugin {changed!r} is not there as it was when the audit began")
    return host


def _wraps(impl: Any) -> bool:
    return bool(impl.wrapper or impl.hookwrapper)
