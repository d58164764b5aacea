"""MuJoCo: worlds, batched stepping, tasks, randomisation, rendering.

Importing it makes the tasks known to Gymnasium: ``gymnasium.make("skillblend/H1-Walking-v0")``. Nothing
heavy is imported before an environment is made.
"""

from sim.registry import register_envs

register_envs()
