"""English words that claim nothing by themselves; words of negation are not among them, for they turn a claim round."""

from typing import Final

_WORDS = """
a an the this that these those there here it its i me my mine we us our ours you your yours he him his she her
hers they them their theirs who whom whose which what when where why how am is are was were be been being do
does did done doing have has had having will would shall should can could may might must and or but nor so yet
if then else than because since while although though as whether of in on at by for with from to into onto over
under about between among through during before after above below up down out off against within per via upon
also too very just only even still again more most much many some any each every both either such own same other
s t d ll m re ve yes no ok okay please according based given answer question context contexts passage passages
document documents source sources text texts says say said states state stated mentions mention mentioned
"""
FUNCTION_WORDS: Final = frozenset(_WORDS.split())
"""Articles, pronouns, auxiliaries, conjunctions, prepositions, and words with which an answer points to its source."""
