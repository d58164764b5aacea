"""Planning: what a scorer, by default a small language model, would do next, weighted with what the skills can do.

`planners.planner` says what a planner is made of, `planners.variants` holds them by name, `planners.corpus` makes
the language model's training pairs. Nothing heavy is imported here.
"""
