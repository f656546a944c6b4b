"""How little must an input change before the model is wrong: by gradients or by decisions."""

from auditkit.plugins.robustness.evasion.check import Evasion

__all__ = ["Evasion"]
