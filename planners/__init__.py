"""Planning: what a small language model would do next, weighted with what the skills can do.

`planners.saycan.SayCanPlanner` is the planner, `planners.oracle.OraclePlanner` its scripted stand-in. Nothing
heavy is imported here.
"""
