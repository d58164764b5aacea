"""What decides for a blender, and what a blender remembers while it shares its skills with others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from skillblend.blending import BlendController, BlendMemory
from skillblend.contracts import Array, IntArray
from skillblend.motion import Motion
from skillblend.skills.spec import SkillMemory


class Decider(Protocol):
    """What decides for a blender: the networks of its bundle, or a script."""

    @property
    def actor(self) -> Callable[[Array], Array]:
        """Observation (N, O) -> action (N, A)."""
        ...


@dataclass(kw_only=True)
class BlenderRun:
    """What a blender remembers, for N robots.

    Attributes:
        memory: Its last decision; skills and motion are everybody's.
        ticks: Control steps since it took over; -1 where it does not act. Shape (N,).
    """

    memory: BlendMemory
    ticks: IntArray

    @staticmethod
    def of(controller: BlendController, skills: Mapping[str, SkillMemory], motion: Motion, n: int) -> BlenderRun:
        """For `n` robots, over the memories that all blenders share."""
        memory = controller.new_memory(n)
        memory.skills = {name: skills[name] for name in controller.ensemble.names}
        memory.motion = motion
        return BlenderRun(memory=memory, ticks=np.full(n, -1, dtype=np.int64))
