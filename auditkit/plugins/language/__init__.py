"""Language: models that take a text and give one, looked at by what they answer."""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.language.bias_choice.check import BiasChoice
    from auditkit.plugins.language.consistency.check import ConsistencyOfAnswers
    from auditkit.plugins.language.counterfactual.check import Counterfactual
    from auditkit.plugins.language.grounding.check import Grounding
    from auditkit.plugins.language.judge.check import Judge
    from auditkit.plugins.language.leakage.check import Leakage
    from auditkit.plugins.language.refusal.check import Refusals
    from auditkit.plugins.language.robustness.check import PromptRobustness
    from auditkit.plugins.language.toxicity.check import Toxicity

    return [
        Refusals, ConsistencyOfAnswers, Counterfactual, Toxicity, BiasChoice, Grounding, Leakage, PromptRobustness,
        Judge,
    ]  # fmt: skip
