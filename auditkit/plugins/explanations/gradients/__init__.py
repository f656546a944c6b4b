"""`explanations.gradients`: attributions of differentiable models by their gradients."""
