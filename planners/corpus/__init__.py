"""Training pairs for the planner: scenes, what people may ask for in them, and the plan that it takes.

`planners.corpus.generator` draws them from a seed; the other modules are named by what they make. The words are
data: `phrases.json`, read by `planners.corpus.phrases`.
"""
