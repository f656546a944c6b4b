"""How often the model declines to answer."""
