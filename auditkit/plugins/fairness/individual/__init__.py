"""Individual fairness: alike people decided alike, and the same person with another sensitive attribute."""
