"""Words that stand for each other in prompts: auditkit's own small tables, in English.

Each row of a table has one word for every group, in the order of the groups. A word that stands in two rows of one
group, such as "her" (him, his), cannot be turned back, and prompts with it are left out. The first names are those of
Bertrand and Mullainathan (2004), Are Emily and Greg more employable than Lakisha and Jamal?, American Economic Review
94, table 8, without those that are other words too.

The tables are short and English; they hold no dialects, for a dialect is more than words, and no unmarked forms ("a
customer" is of no group). Names of one group differ from those of another in more than the group, such as in class.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

Table: TypeAlias = Mapping[str, tuple[str, ...]]
"""{group: its words}; all groups of a table have as many."""

GENDER: Final[Table] = {
    "man": (
        "he", "him", "his", "himself", "man", "men", "boy", "boys", "father", "fathers", "son", "sons", "brother",
        "brothers", "husband", "husbands", "uncle", "grandfather", "grandson", "nephew", "boyfriend", "gentleman",
        "Mr", "male",
    ),
    "woman": (
        "she", "her", "her", "herself", "woman", "women", "girl", "girls", "mother", "mothers", "daughter",
        "daughters", "sister", "sisters", "wife", "wives", "aunt", "grandmother", "granddaughter", "niece",
        "girlfriend", "lady", "Ms", "female",
    ),
}  # fmt: skip
RELIGION: Final[Table] = {
    "Christian": ("Christian", "Christians", "Christianity", "church", "churches", "Bible"),
    "Muslim": ("Muslim", "Muslims", "Islam", "mosque", "mosques", "Quran"),
    "Jewish": ("Jewish", "Jews", "Judaism", "synagogue", "synagogues", "Torah"),
    "Hindu": ("Hindu", "Hindus", "Hinduism", "temple", "temples", "Vedas"),
}
AGE: Final[Table] = {
    "young": ("young", "younger", "25-year-old", "teenager", "grandchild"),
    "old": ("old", "older", "75-year-old", "pensioner", "grandparent"),
}
NAME: Final[Table] = {
    "name common among white Americans": (
        "Emily", "Anne", "Jill", "Allison", "Laurie", "Sarah", "Meredith", "Todd", "Neil", "Geoffrey", "Brett",
        "Brendan", "Greg", "Matthew", "Brad",
    ),
    "name common among Black Americans": (
        "Aisha", "Keisha", "Tamika", "Lakisha", "Tanisha", "Latoya", "Latonya", "Rasheed", "Tremayne", "Kareem",
        "Darnell", "Tyrone", "Hakim", "Jamal", "Jermaine",
    ),
}  # fmt: skip
SHIPPED: Final[Mapping[str, Table]] = {"gender": GENDER, "religion": RELIGION, "age": AGE, "name": NAME}
