"""How well a system does, case by case: scores that its owner measured."""
