"""Grounding of words: what the things and deeds of an instruction are in this scene, with a probability.

`planners.grounding.mentions` finds the words, `planners.grounding.linking` says which thing is meant, several, or
none, `planners.grounding.rewording` puts the scene's own names in their place, so that any scorer can read them;
`planners.grounding.deeds` and `planners.grounding.amounts` do the same for verbs, and for amounts and counts.
"""
