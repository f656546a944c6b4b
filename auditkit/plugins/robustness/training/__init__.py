"""Trainers of robust networks, and the attack that one of them trains against."""
