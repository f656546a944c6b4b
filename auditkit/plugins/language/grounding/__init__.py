"""`language.grounding`: whether answers say what the texts beside the question say."""
