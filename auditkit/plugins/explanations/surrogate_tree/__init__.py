"""Can a few rules say what the model does?"""
