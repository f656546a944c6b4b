"""Audits of private training: what canaries tell of it, held against the epsilon that it claims."""
