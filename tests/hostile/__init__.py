"""Text of strangers, in every output."""
