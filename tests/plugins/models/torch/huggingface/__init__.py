"""Tests of networks of transformers: live, as pipelines, and as folders."""
