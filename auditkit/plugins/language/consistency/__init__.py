"""Whether several answers to one prompt agree."""
