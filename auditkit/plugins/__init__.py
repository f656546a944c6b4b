"""The built-in plugins, named as strings: nothing of them is imported until a host loads them."""

BUILTIN = (
    "auditkit.plugins.models",
    "auditkit.plugins.performance",
    "auditkit.plugins.data",
    "auditkit.plugins.fairness",
    "auditkit.plugins.explanations",
    "auditkit.plugins.robustness",
    "auditkit.plugins.privacy",
    "auditkit.plugins.language",
    "auditkit.plugins.rules",
    "auditkit.reports",
)
