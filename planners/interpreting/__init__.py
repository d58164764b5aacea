"""Everyday talk as steps: a language model writes down what is asked for, at once, before anything is planned.

Where the readers of `planners.grounding` leave words over, it says which steps the whole asks for, or that none can
be taken. Walks that only serve the next step are left to the planner.
"""
