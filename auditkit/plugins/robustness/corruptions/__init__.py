"""Natural corruptions of images, tables and texts at five severities, and what they cost."""
