"""`explanations.text`: which words or sentences of raw texts move a model's output."""
