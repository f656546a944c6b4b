"""Certificates: change that is proven to leave the decision as it is."""
