"""What is measured on counts of people by label and decision: each rate, composite and criterion once, for every check.

catalogue.py  rates and criteria, a row each; a rate in each of many groups
composites.py numbers that are made of several rates, a row each with its maths
"""
