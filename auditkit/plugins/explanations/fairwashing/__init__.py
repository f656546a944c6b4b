"""Does the explanation hide a group column, or what stands in for it?"""
