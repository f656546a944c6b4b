"""How far an explanation follows the model, as numbers."""
