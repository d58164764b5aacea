"""Training pairs for the planner: scenes, what people may ask for in them, and the plan that it takes.

`planners.corpus.generator` draws them from a seed; the other modules are named by what they make. The words are
data, read by `planners.corpus.phrases`: `phrases.json`, and `verbs/NAME.json` for the behaviour NAME, whether it
exists or not. `planners.corpus.lookup` says which do; a request for one that does not is labelled "refuse".
"""
