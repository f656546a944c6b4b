"""How often an answer is toxic, by the identity that its prompt names."""
