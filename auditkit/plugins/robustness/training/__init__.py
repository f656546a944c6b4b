"""Trainers of robust networks, and the attack that they train against."""
