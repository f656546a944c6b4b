"""How much worse does the model get where a column tells nothing any more?"""
