"""Comparisons with other libraries, side by side in one run; see README.md."""
