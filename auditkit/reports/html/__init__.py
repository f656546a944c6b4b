"""The HTML report: one file, no script, no request, made from results alone."""
