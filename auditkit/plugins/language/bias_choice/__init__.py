"""Choices between two people, of whom a stereotype is about one."""
