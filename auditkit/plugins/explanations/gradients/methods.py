"""The methods by name: what each computes, and which trials it can be put to."""

from collections.abc import Callable
from typing import NamedTuple

from auditkit.plugins.explanations.gradients.deep_lift import deep_lift
from auditkit.plugins.explanations.gradients.expected import gradient_shap
from auditkit.plugins.explanations.gradients.grad_cam import grad_cam
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients
from auditkit.plugins.explanations.gradients.local_slopes import input_x_gradient, saliency, smooth_grad
from auditkit.plugins.explanations.gradients.occlusion import occlusion
from auditkit.plugins.explanations.gradients.parameters import Explainer
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress


class Method(NamedTuple):
    """One method."""

    title: str
    explain: Callable[[Points, Progress], Explanation]
    baseline: str
    """What values are relative to: `baseline`, `background`, `zeros`, or empty where to nothing."""
    adds_up: bool = False
    """Whether values must add up to f(x) - f(baseline), for every row."""
    local: bool = False
    """Whether values speak of small changes only."""


METHODS: dict[Explainer, Method] = {
    "integrated_gradients": Method("Integrated gradients", integrated_gradients, "baseline", adds_up=True),
    "gradient_shap": Method("Gradient SHAP values", gradient_shap, "background"),
    "deep_lift": Method("DeepLift values", deep_lift, "baseline", adds_up=True),
    "saliency": Method("Sizes of gradients", saliency, "", local=True),
    "input_x_gradient": Method("Inputs times gradients", input_x_gradient, "zeros"),
    "smooth_grad": Method("Mean gradients under noise", smooth_grad, "", local=True),
    "grad_cam": Method("GradCAM maps", grad_cam, ""),
    "occlusion": Method("Moves of the output where a part is taken away", occlusion, "baseline"),
}
