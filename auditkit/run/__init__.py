"""The audit: open, settle, train, predict, plan, measure, judge, hide, redact, write; a file for each stage."""
