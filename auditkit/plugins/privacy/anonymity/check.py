"""The check of quasi-identifiers."""

import itertools
from collections.abc import Mapping
from typing import ClassVar

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Model
from auditkit.plugins.privacy.anonymity.columns import names_of, refuse_unknown
from auditkit.plugins.privacy.anonymity.definitions import DEFINITIONS, LI, MACHANAVAJJHALA, SWEENEY
from auditkit.plugins.privacy.anonymity.findings import OF_SENSITIVE
from auditkit.plugins.privacy.anonymity.parameters import Parameters

SETTING = 'checks."privacy.anonymity"'
PROPOSED = 3
"""Columns in the setting that is proposed."""


class Anonymity(Parameters, Check):
    """Can a person be singled out in these rows by what others may know, and what would be learnt?

    Names are gone from most tables, and age, sex and postcode stay: together they single out many people. Whoever knows
    them of somebody finds the row, or a class of rows that may all agree in what nobody should learn.

    Rows with the same values of the columns that you name are a class. Counted are the smallest class (k-anonymity),
    the rows that are unique and those in small classes; for each sensitive column the fewest values in a class
    (l-diversity, distinct and by entropy), the rows whose value follows, and the farthest class from the whole table
    (t-closeness). All of it are facts about these rows. The model is not asked.

    Which columns others know is for the owner to say. Rows that are unique here need not be unique among all people,
    and large classes do not protect a person who is known to be in several tables.
    """

    id: ClassVar[str] = "privacy.anonymity"
    title: ClassVar[str] = "Anonymity of the rows"
    reference: ClassVar[str] = f"{SWEENEY}; {MACHANAVAJJHALA}; {LI}"
    needs: ClassVar[frozenset[str]] = frozenset({"table"})
    handles: ClassVar[frozenset[str]] = frozenset({"alike rows", "unknown labels", "abstentions"})
    definitions = DEFINITIONS
    about_data: ClassVar[bool] = True
    conditions: ClassVar[frozenset[str]] = frozenset({"split", "k", "sensitive"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    touches: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "k": ("exposed_share",), "sensitive": (), "training": (),
    }  # fmt: skip
    level = "recorded"

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Columns must be named.

        Raises:
            ConfigError: a name is no column.
        """
        if not self.quasi_identifiers:
            hidden = set(itertools.compress(data.feature_names, data.uncompared))
            names = dict.fromkeys((*data.groups, *names_of(data)))
            proposed = [name for name in names if name not in hidden][:PROPOSED]
            why = "needs to be told which columns others may know of a person, such as age, sex and postcode"
            return Refusal(why, (Mend(f"{SETTING}.quasi_identifiers", proposed),))
        refuse_unknown("quasi_identifiers", self.quasi_identifiers, data)
        refuse_unknown("sensitive", self.sensitive, data)
        if self.training and data.train is None:
            return "is asked to look at the training split, and none was given"
        if self.training and data.train is not None:
            refuse_unknown("training split: columns", (*self.quasi_identifiers, *self.sensitive), data.train)
        return None

    def leaves_out(self, name: str, data: AuditData) -> str:
        """What is about a sensitive column, where none is named."""
        if name not in OF_SENSITIVE or self.sensitive:
            return ""
        label = [data.label_name] if data.label_name else [*data.groups][:1]
        return Refusal("needs a sensitive column", (Mend(f"{SETTING}.sensitive", label),))

    def measured_at(self, name: str, data: AuditData, groups: bool) -> Mapping[str, MeasuredAt]:
        """The splits, the sensitive columns, and k."""
        splits = ("audit data", "training split") if self.training else ("audit data",)
        return {
            "split": MeasuredAt(splits),
            "sensitive": MeasuredAt(self.sensitive if name in OF_SENSITIVE else ()),
            "k": MeasuredAt((self.k,) if name == "exposed_share" else (), "k", several=False),
        }

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Class the rows, look into the classes, try both."""
        from auditkit.plugins.privacy.anonymity.findings import find

        return find(self, data, context)
