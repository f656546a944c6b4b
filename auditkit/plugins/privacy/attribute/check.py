"""The check of attribute inference."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import ConfigError, Mend, Refusal, check_known
from auditkit.models import Model
from auditkit.plugins.privacy.attribute.definitions import DEFINITIONS, FREDRIKSON, JAYARAMAN, YEOM
from auditkit.plugins.privacy.attribute.inference import ATTACKS
from auditkit.plugins.privacy.attribute.parameters import Parameters

SETTING = 'checks."privacy.attribute_inference".sensitive'


class AttributeInference(Parameters, Check):
    """Do the model's answers tell a sensitive value of the people it was trained on, beyond what anybody can guess?

    Whoever knows most of a person's row and may ask the model can try to fill in what is missing. Much of it can be
    guessed without the model, and what a model tells of everybody alike is no leak of its training data.

    The attacker knows the other columns and the label of a row, and the whole rows of others. Without the model it
    imputes the column with boosted trees, cross-fitted. With it there are three attacks: the model's answer about the
    row is one more column (answer); every value is tried, and the one with the smallest loss, weighed by its chance
    without the model, is taken (inversion); how well each value fits is given to the trees (learned inversion). Both
    are right about some rows, and the gain is paired over them. The same is done about rows that the model never saw:
    what is gained among members beyond that is the headline. Controls: members told without the model, answers about
    other rows, a planted leak, and a model that was trained on neither.

    The attacker knows more than most do, and asks for probabilities. Columns with many numbers are cut into three
    parts. That these attacks find nothing does not mean that none does.
    """

    id: ClassVar[str] = "privacy.attribute_inference"
    title: ClassVar[str] = "Attribute inference"
    reference: ClassVar[str] = f"{FREDRIKSON}; {YEOM}; {JAYARAMAN}"
    needs: ClassVar[frozenset[str]] = frozenset(
        {"table", "labels", "train", "queries", "probabilities", "binary", "multiclass"}
    )
    handles: ClassVar[frozenset[str]] = frozenset({"units"})
    presets = {"quick": {"rows": 1000}, "thorough": {"rows": 10_000}}
    level: ClassVar[Literal["training"]] = "training"
    definitions = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"column", "attack", "rows"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    higher_level: ClassVar[str] = "With the training loop, models trained with and without a row would show more."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """A sensitive column among the inputs.

        Raises:
            ConfigError: a name is no input.
        """
        check_known(
            self.sensitive, data.feature_names, ConfigError,
            lambda name: f"sensitive must name inputs of the model; {name!r} was given, ",
        )  # fmt: skip
        if self.sensitive or data.seen_groups:
            return None
        why = "needs a sensitive column among the inputs, and no group is one"
        return Refusal(why, (Mend(SETTING, [*data.feature_names[:1]]),)) if data.feature_names else why

    def measured_at(self, name: str, data: AuditData, groups: bool) -> Mapping[str, MeasuredAt]:
        """The columns, the attacks and the sides."""
        from auditkit.plugins.privacy.attribute.findings import SIDES, columns_of

        return {
            "column": MeasuredAt(columns_of(self, data)),
            "attack": MeasuredAt(() if name == "imputed_share" else ATTACKS),
            "rows": MeasuredAt(() if name == "attribute_excess" else SIDES),
        }

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """The members once, and each row of either side with every value."""
        from auditkit.plugins.privacy.attribute.findings import columns_of

        members = min(rows, len(data.train or ()))
        return members + len(columns_of(self, data)) * self.values * (members + rows)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Impute, infer, compare the sides, try the attack."""
        from auditkit.plugins.privacy.attribute.findings import find

        return find(self, model, data, context)
