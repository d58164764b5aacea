"""Verdicts on closing, kicking and crouching, on looks made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from sim import scenes
from sim.judge import Judge
from sim.touch import FEET
from sim.verdicts import Look, StepVerdict
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import InputError

ROBOT = robots.load("h1")
SCENE = scenes.load("storeroom")
FORCES = {name: np.zeros((1, 2)) for name in ("cabinet", f"{FEET}ball")}


def things(*, openness: float = 0.0, ball: tuple[float, float] = (-1.1, -1.5)) -> SceneState:
    def changed(thing: Thing) -> Thing:
        if thing.name == "cabinet":
            return replace(thing, openness=np.array([openness]))
        if thing.name == "ball" and thing.pose is not None:
            pose = thing.pose.copy()
            pose[0, :2] = ball
            return replace(thing, pose=pose)
        return thing

    return replace(SCENE.state, things=tuple(changed(thing) for thing in SCENE.state.things))


def seen(time: float, *, height: float = 1.0, force: dict[str, float] | None = None, state: SceneState) -> Look:
    felt = {name: np.array([[(force or {}).get(name, 0.0), 0.0]]) for name in FORCES}
    return Look(
        time=np.array([time]), base=np.array([[0.0, 0.0, height]]), heading=np.zeros(1), wrists=np.zeros((1, 2, 3)),
        travel={}, fallen=np.array([False]), hand_force=felt, things=state,
    )  # fmt: skip


def judged(text: str, behaviour: str, *looks: Look) -> StepVerdict:
    arguments = (text.rsplit(" ", 1)[-1],) if behaviour != "crouch" else ()
    judge = Judge(SCENE, ROBOT)
    judge.begin(0, Step(text=text, behaviour=behaviour, arguments=arguments), looks[0])
    for look in looks[1:]:
        judge.update(look)
    return judge.verdict(0)


@pytest.mark.parametrize(
    ("force", "end", "success"), [(5.0, 0.0, True), (0.0, 0.0, False), (5.0, 0.1, False), (1.0, 0.01, False)]
)
def test_doors_are_shut_by_hands(force: float, end: float, success: bool) -> None:
    looks = [
        seen(0.0, state=things(openness=0.5)), seen(1.0, force={"cabinet": force}, state=things(openness=0.3)),
        seen(2.0, state=things(openness=end)),
    ]  # fmt: skip
    assert judged("close the cabinet", "close", *looks).success == success


def test_doors_that_were_shut_need_no_hand() -> None:
    assert judged("close the cabinet", "close", seen(0.0, state=things()), seen(1.0, state=things())).success


@pytest.mark.parametrize(
    ("force", "end", "success"),
    [
        (1.0, (-1.1, -3.0), True), (0.0, (-1.1, -3.0), False), (1.0, (-1.1, -2.0), False), (1.0, (0.4, -1.5), False),
        (1.0, (-0.5, -3.0), True),
    ],
)  # fmt: skip
def test_a_kick_is_a_foot_and_a_ball_that_rolls_to_the_goal(
    force: float, end: tuple[float, float], success: bool
) -> None:
    looks = [
        seen(0.0, state=things()), seen(1.0, force={f"{FEET}ball": force}, state=things()),
        seen(2.0, state=things(ball=end)),
    ]  # fmt: skip
    assert judged("kick the ball", "kick", *looks).success == success


@pytest.mark.parametrize(("height", "seconds", "success"), [(0.7, 0.6, True), (0.7, 0.3, False), (0.9, 2.0, False)])
def test_who_crouches_is_low_for_a_while(height: float, seconds: float, success: bool) -> None:
    low = [seen(1.0 + t, height=height, state=things()) for t in np.linspace(0.0, seconds, 10)]
    assert judged("crouch", "crouch", seen(0.0, state=things()), *low).success == success


@pytest.mark.parametrize(("text", "behaviour"), [("close the bin", "close"), ("kick the tin", "kick")])
def test_what_has_no_doors_or_does_not_roll_is_refused(text: str, behaviour: str) -> None:
    with pytest.raises(InputError, match="choose a"):
        judged(text, behaviour, seen(0.0, state=things()))
