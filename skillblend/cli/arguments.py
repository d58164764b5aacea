"""Arguments that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
    from sim.scene import Scene

Robots = Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")]

Agents = Literal["policy", "zero", "random"]
"""What acts in an evaluation: `skillblend.agents.AGENTS`."""

Instruction = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="INSTRUCTION")]
"""Words of a sentence: who forgets the quotes is understood all the same."""


class Said:
    """A command whose words are an instruction."""

    words: tuple[str, ...]

    @property
    def instruction(self) -> str:
        """The words as one sentence."""
        return " ".join(self.words)


def check_setting(robot: str, scene: str, seed: int, planner: str) -> Scene:
    """Refuse names and a seed that are none, before anything takes long; the scene.

    Raises:
        UnknownNameError: No such robot, scene or planner; near misses are suggested.
        InputError: The seed or the scene's file cannot be used.
    """
    import robots
    from sim import scenes
    from sim.evaluate import check_seed
    from skillblend.simulated import check_planner

    where = scenes.load(scene)
    robots.load(robot)
    check_seed(seed)
    check_planner(planner)
    return where
