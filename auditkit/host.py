"""The host of all plugins: lists, loads, blocks and calls them, each on its own and by name."""

import functools
import importlib.metadata
import logging
import operator
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pluggy

from auditkit import hookspecs
from auditkit.adapters import is_reference, unknown
from auditkit.checks import Check, Context, Offer as Offer
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, ModelFileRejected, PluginError
from auditkit.foreign_code import foreign, raised
from auditkit.memory import machine_memory
from auditkit.models import Model, ModelOptions
from auditkit.offers import Offers
from auditkit.option_guard import hold, model_options, refuse_changes
from auditkit.plugin_import import Seen, describe, distribution, import_plugin
from auditkit.plugin_validation import problems
from auditkit.plugins import BUILTIN
from auditkit.results import AuditResult, CheckResult, Plan, PluginInfo
from auditkit.text import class_name, one_or_more
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
                built_in = Seen(dotted.rpartition(".")[2], "auditkit", __version__, "built-in")
                self._load(built_in, functools.partial(import_plugin, dotted))
        # listed but not imported: an installed plugin runs no code before it is asked for
        installed = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)} if discover else {}
        named = list(one_or_more(plugins or ()))
        self._arguments = named, discover, builtin
        for name, point in sorted(installed.items()):
            installed_plugin = Seen(name, *distribution(point), "entry point")
            if name in named:
                self._load(installed_plugin, point.load)
            else:
                self.seen.append(installed_plugin)
        for source in named:
            if not (isinstance(source, str) and source in installed):
                self._load(describe(source, installed), functools.partial(import_plugin, source))
        self._offers = Offers(self._manager, self.seen, self.fault)

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
        return dict(self._offers.checks)

    def trainers(self) -> dict[str, Offer]:
        """{id: trainer class} of everything loaded."""
        return dict(self._offers.trainers)

    def rules(self) -> list[pathlib.Path]:
        """The rule packs of everything loaded."""
        return list(self._offers.packs)

    def formats(self) -> dict[str, hookspecs.Format]:
        """{name: output format} of everything loaded; a name or a file that two offer is not among them.

        One of auditkit's own stays whatever a plugin offers, so that no plugin takes the report out of the evidence.
        """
        return dict(self._offers.formats)

    def rows(self, hook: str) -> dict[str, Offer]:
        """{name: row} of what plugins add to a list, such as attacks; a name that two offer is not among them.

        Args:
            hook: one of `plugin_validation.ROWS`. A row that is wrong is a fault that names its plugin.
        """
        return dict(self._offers.rows[hook])

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
        if is_path and (is_reference(obj) or os.path.exists(obj)):
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

    def _load(self, seen: Seen, load: Callable[[], Any]) -> None:
        """Import and register one plugin; whatever goes wrong becomes a fault that names it."""
        try:
            with foreign(f"plugin {seen.name!r}: its import"):
                plugin = load()
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

    # ---- calling

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
