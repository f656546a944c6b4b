"""Which inputs drive the model, and can the explanation be trusted?"""

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl


@hookimpl
def register_checks() -> list[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.explanations.counterfactuals.check import Counterfactuals
    from auditkit.plugins.explanations.effects.check import Effects
    from auditkit.plugins.explanations.gradients.check import Gradients
    from auditkit.plugins.explanations.leave_out.check import LeaveOut
    from auditkit.plugins.explanations.lime.check import Lime
    from auditkit.plugins.explanations.permutation_importance.check import PermutationImportance
    from auditkit.plugins.explanations.shapley.check import Importance
    from auditkit.plugins.explanations.surrogate_tree.check import SurrogateTree
    from auditkit.plugins.explanations.text.check import Text

    return [
        Importance,
        Gradients,
        Counterfactuals,
        Lime,
        Effects,
        PermutationImportance,
        SurrogateTree,
        Text,
        LeaveOut,
    ]
