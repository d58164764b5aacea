"""The nouns that every package shares. NumPy only; arrays that vary per robot lead with a batch axis N.

Conventions: SI units, float64, quaternions ``wxyz``, world frame z up, base frame x forward, y left
(REP-103). Joint order is always `Robot.joint_names`.
"""

from skillblend.contracts.arrays import Array, BoolArray, IntArray
from skillblend.contracts.observation import Bridge, Observation, WorldState
from skillblend.contracts.planning import Decision, Option, Planner, Step
from skillblend.contracts.robot import Body, Frame, Robot, Wiring
from skillblend.contracts.scene import Motion, SceneState, Thing
from skillblend.contracts.skill import Blend, GoalSpace, Memory, Skill, TaskGoal

__all__ = [
    "Array",
    "Blend",
    "Body",
    "BoolArray",
    "Bridge",
    "Decision",
    "Frame",
    "GoalSpace",
    "IntArray",
    "Memory",
    "Motion",
    "Observation",
    "Option",
    "Planner",
    "Robot",
    "SceneState",
    "Skill",
    "Step",
    "TaskGoal",
    "Thing",
    "Wiring",
    "WorldState",
]
