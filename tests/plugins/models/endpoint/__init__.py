"""Tests of models behind HTTP."""
