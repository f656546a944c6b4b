"""What plugins offer: checks, trainers, rule packs, formats and the rows of lists, each with who gave it.

Each hook is called once, when plugins are loaded: what a plugin answers later can change no audit.
"""

import functools
import operator
import pathlib
import types
from collections.abc import Callable, Sequence
from typing import Any

import pluggy

from auditkit.checks import Check, Offer
from auditkit.foreign_code import foreign, raised
from auditkit.plugin_import import Seen
from auditkit.plugin_validation import ROWS, decorated, offered, wrong_class, wrong_pack, wrong_row
from auditkit.text import class_name
from auditkit.trainers import Trainer
from auditkit.version import __version__


class Offers:
    """Everything that loaded plugins give through collecting hooks; a fault of one stops only its own.

    Args:
        manager: with which the plugins are registered.
        seen: they and those that did not load.
        fault: is told what is wrong with what a plugin gave, in a sentence that names it.
    """

    def __init__(self, manager: pluggy.PluginManager, seen: Sequence[Seen], fault: Callable[[str], None]) -> None:
        self._manager, self._seen, self._fault = manager, seen, fault
        self._builtin = {plugin.name for plugin in seen if plugin.source == "built-in"}
        self.checks = self._of_one_owner("register_checks", Check)
        self.trainers = self._of_one_owner("register_trainers", Trainer)
        self.rows = {hook: self._rows(hook) for hook in ROWS}
        """{hook: {name: row}}; a name that two offer is not among them."""
        self.formats = self._formats()
        self.packs = self._packs()

    def _of_one_owner(self, hook: str, kind: type) -> dict[str, Offer]:
        """{id: class}, in the order of the ids; an id that two offer is a fault, and not among them."""
        owners: dict[str, list[Offer]] = {}
        for offer in self._classes(hook, kind):
            owners.setdefault(offer.value.id, []).append(offer)
        for id, offers in sorted(owners.items()):
            if len(offers) > 1:
                names = " and ".join(repr(offer.plugin) for offer in offers)
                self._fault(f"the id {id!r} is offered by {names}; neither is used")
        return {id: offers[0] for id, offers in owners.items() if len(offers) == 1}

    def _classes(self, hook: str, kind: type) -> list[Offer]:
        """Classes that plugins register or merely define, sorted by id."""
        offers = self._collected(hook)
        # a class that is registered and defined in the same module counts once
        known = [(offer.plugin, decorated(offer.value)) for offer in offers]
        for seen in self._seen:
            if isinstance(seen.plugin, types.ModuleType) and seen.source != "built-in":
                merely_defined = (Offer(value, seen.name, seen.version) for value in offered(seen.plugin, kind))
                offers += [offer for offer in merely_defined if (offer.plugin, offer.value) not in known]
        judge = functools.partial(wrong_class, kind=kind)
        good = []
        for offer in (offer._replace(value=decorated(offer.value)) for offer in offers):
            wrong = self._wrong(hook, offer, judge)
            if wrong:
                self._fault(f"plugin {offer.plugin!r}: {hook} gave {wrong}")
            else:
                good.append(offer)
        return sorted(good, key=lambda offer: (offer.value.id, offer.plugin))

    def _rows(self, hook: str) -> dict[str, Offer]:
        owners: dict[str, list[Offer]] = {}
        for offer in self._collected(hook):
            wrong = self._wrong(hook, offer, functools.partial(wrong_row, hook))
            if wrong:
                self._fault(f"plugin {offer.plugin!r}: {hook}: {wrong}")
            else:
                owners.setdefault(offer.value[0], []).append(offer)
        return self._unshared(hook, "name", owners)

    def _formats(self) -> dict[str, Any]:
        """{name: format}; of those that write the same file, only one of auditkit's own."""
        owners: dict[str, list[Offer]] = {}
        for offer in self.rows["register_formats"].values():
            # two names that differ in case alone are one file on many systems
            owners.setdefault(offer.value.file.lower(), []).append(offer)
        return {offer.value.name: offer.value for offer in self._unshared("register_formats", "file", owners).values()}

    def _packs(self) -> list[pathlib.Path]:
        paths = []
        for offer in self._collected("register_rules"):
            wrong = self._wrong("register_rules", offer, wrong_pack)
            if wrong:
                self._fault(f"plugin {offer.plugin!r}: register_rules: a path of a rule pack is required; {wrong}")
            else:
                paths.append(pathlib.Path(offer.value))
        return sorted(paths, key=lambda path: path.name)

    def _unshared(self, hook: str, noun: str, owners: dict[str, list[Offer]]) -> dict[str, Offer]:
        """{name: the one offer of it}; several of a name are a fault, and only auditkit's own stands among them."""
        unshared = {}
        for name, offers in sorted(owners.items()):
            kept = [offer for offer in offers if len(offers) == 1 or offer.plugin in self._builtin]
            if len(offers) > 1:
                plugins = " and ".join(sorted(repr(offer.plugin) for offer in offers))
                used = "auditkit's own" if kept else "neither"
                self._fault(f"{hook}: the {noun} {name!r} is offered by {plugins}; {used} is used")
            if kept:
                unshared[name] = kept[0]
        return unshared

    def _collected(self, hook: str) -> list[Offer]:
        """What every plugin gives, each value with its plugin."""
        offers = []
        for impl in sorted(getattr(self._manager.hook, hook).get_hookimpls(), key=operator.attrgetter("plugin_name")):
            who = f"plugin {impl.plugin_name!r}: {hook}"
            try:
                with foreign(who):
                    values = list(impl.function() or ())
            except Exception as error:  # a plugin may raise anything at all
                self._fault(f"{who} raised {raised(error)}")
                continue
            version = next((seen.version for seen in self._seen if seen.name == impl.plugin_name), __version__)
            offers += [Offer(value, impl.plugin_name, version) for value in values]
        return offers

    def _wrong(self, hook: str, offer: Offer, judge: Callable[[Any], str | None]) -> str | None:
        """What is wrong with what a plugin gave, whose own code may be asked for it; None where nothing is."""
        if offer.plugin in self._builtin:  # tests judge auditkit's own
            return None
        try:
            with foreign(f"plugin {offer.plugin!r}: {hook}"):
                return judge(offer.value)
        except Exception as error:  # a plugin may raise anything at all
            return f"a {class_name(offer.value)} was given, which raised {raised(error)} when it was asked what it is"
