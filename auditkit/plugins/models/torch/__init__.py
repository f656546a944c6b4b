"""Torch modules: the adapter, their inputs, what their output means, and the state that an audit restores."""
