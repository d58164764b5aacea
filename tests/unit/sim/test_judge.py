"""What the judge lets pass and what it does not, on trajectories made by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import mujoco
import numpy as np
import pytest

import robots
from sim import scenes
from sim.batch import BatchSim
from sim.judge import Judge, look
from sim.verdicts import VERDICTS, Look, StepVerdict
from sim.verdicts.raise_hands import RaiseHandsVerdict, shoulder_height
from sim.world import WorldConfig, build_world
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Step
from skillblend.errors import InputError, SkillblendError, UnknownNameError
from skillblend.options import ground_options

ROBOT = robots.load("h1")
SCENE = scenes.load("workshop")
OPTIONS = {option.text: option for option in ground_options(SCENE.state)}
BUTTON = np.array(SCENE.thing("button").position)
SHELF = SCENE.thing("shelf")
NOTHING = {thing.name: np.zeros((1, 2)) for thing in SCENE.things if thing.touches}
"""What hands feel that touch nothing, N."""


def seen(
    x: float = 0.0, y: float = 0.0, *, degrees: float = 0.0, time: float = 0.0, wrist_height: float = 0.93,
    hand: np.ndarray | None = None, travel: float = 0.0, fallen: bool = False,
) -> Look:  # fmt: skip
    heading = np.radians(degrees)
    wrists = np.array([[x, y + 0.2, wrist_height], [x, y - 0.2, wrist_height]])
    if hand is not None:
        wrists[0] = hand
    heading = float(np.arctan2(np.sin(heading), np.cos(heading)))  # as simulators report it
    return Look(
        time=np.array([time]), base=np.array([[x, y, 1.0]]), heading=np.array([heading]), wrists=wrists[None],
        travel={"button": np.array([travel])}, fallen=np.array([fallen]), hand_force=NOTHING,
    )  # fmt: skip


def judged(text: str, looks: Iterable[Look]) -> StepVerdict:
    judge = Judge(SCENE, ROBOT)
    first, *rest = looks
    judge.begin(0, OPTIONS[text], first)
    for now in rest:
        judge.update(now)
    return judge.verdict(0)


def walked(x: float, y: float, degrees: float = 0.0, start: float = 0.0) -> list[Look]:
    """A straight walk by (x, y) in the first heading, ending turned by `degrees`."""
    c, s = np.cos(np.radians(start)), np.sin(np.radians(start))
    return [
        seen(k * (c * x - s * y), k * (s * x + c * y), degrees=start + k * degrees, time=k)
        for k in np.linspace(0, 1, 20)
    ]


def turned(degrees: float, *, stray: float = 0.0) -> list[Look]:
    return [seen(stray * np.sin(np.pi * k), degrees=170 + k * degrees, time=k) for k in np.linspace(0, 1, 40)]


@pytest.mark.parametrize("name", [thing.name for thing in SCENE.things])
@pytest.mark.parametrize(("away", "success"), [(0.0, True), (0.28, True), (0.4, False)])
def test_walk_to(name: str, away: float, success: bool) -> None:
    stand = SCENE.thing(name).stand
    end = seen(stand.x - away, stand.y)
    assert judged(f"walk to the {name}", [seen(), end]).success == success


def test_markers_are_stricter_and_passing_by_is_not_arriving() -> None:
    marker = SCENE.thing("red marker").stand
    assert not judged("walk to the red marker", [seen(), seen(marker.x, marker.y + 0.33)]).success
    assert judged("walk to the shelf", [seen(), seen(SHELF.stand.x, SHELF.stand.y + 0.33)]).success
    assert not judged("walk to the red marker", [seen(), seen(marker.x, marker.y), seen(2.0, 1.0)]).success


@pytest.mark.parametrize(
    ("hand", "travel", "success"),
    [
        (BUTTON - [0.01, 0, 0], 0.015, True),
        (BUTTON - [0.01, 0, 0], 0.005, False),  # a touch is no press
        (BUTTON - [0.30, 0, 0], 0.020, False),  # pushed, but not by a hand
    ],
)
def test_press(hand: np.ndarray, travel: float, success: bool) -> None:
    middle = seen(2.3, -0.17, hand=hand, travel=travel)
    assert judged("press the button", [seen(2.3, -0.17), middle, seen(2.3, -0.17)]).success == success


def test_a_press_before_the_step_does_not_count() -> None:
    judge = Judge(SCENE, ROBOT)
    judge.begin(0, OPTIONS["press the button"], seen(hand=BUTTON, travel=0.02))
    judge.begin(0, OPTIONS["press the button"], seen())
    judge.update(seen())
    assert not judge.verdict(0).success


def pressing(name: str, forces: Iterable[tuple[float, float]], dt: float = 0.02) -> list[Look]:
    """Looks at hands that press on a thing with `forces`, N, left and right, one after the other."""
    return [
        dataclasses.replace(seen(time=k * dt), hand_force={**NOTHING, name: np.array([pair])})
        for k, pair in enumerate(forces)
    ]


@pytest.mark.parametrize("name", ["shelf", "box", "wooden table", "metal table"])
@pytest.mark.parametrize(
    ("forces", "success"),
    [
        ([(0.0, 0.0)] * 30, False),
        ([(2.0, 0.0)] * 11, True),  # 0.2 s from the first look to the last
        ([(0.0, 2.1)] * 11, True),
        ([(5.0, 0.0)] * 10, False),  # too short
        ([(1.9, 0.0)] * 30, False),  # too light
        ([(1.9, 1.9)] * 30, False),  # two hands are no one hand
        (([(9.0, 0.0)] * 9 + [(0.0, 0.0)]) * 4, False),  # taps
        ([(9.0, 0.0)] * 6 + [(0.0, 9.0)] * 6, False),  # one hand after the other
        ([(0.0, 0.0)] * 5 + [(3.0, 0.0)] * 12 + [(0.0, 0.0)] * 5, True),
    ],
)
def test_touch(name: str, forces: list[tuple[float, float]], success: bool) -> None:
    assert judged(f"touch the {name}", pressing(name, forces)).success == success


def test_a_hand_that_is_near_touches_nothing() -> None:
    near = [seen(hand=SHELF.touches[0].wrist(0.031), time=0.02 * k) for k in range(20)]
    verdict = judged("touch the shelf", near)
    assert not verdict.success
    assert verdict.reason == "no hand met the shelf: the nearest wrist stayed 0.031 m away, 2 N for 0.2 s needed"


def test_what_a_touch_is_said_to_be() -> None:
    verdict = judged("touch the box", pressing("box", [(0.0, 3.0)] * 5 + [(0.0, 7.5)] * 10))
    assert verdict.reason == (
        "the right hand pressed on the box with up to 7.5 N, with 2 N or more for 0.28 s, 2 N for 0.2 s needed"
    )


def test_touching_the_box_is_not_touching_the_metal_table() -> None:
    assert not judged("touch the metal table", pressing("box", [(5.0, 5.0)] * 30)).success


def test_a_touch_before_the_step_does_not_count() -> None:
    judge = Judge(SCENE, ROBOT)
    for now in pressing("shelf", [(5.0, 0.0)] * 30):
        judge.begin(0, OPTIONS["touch the shelf"], now)
    assert not judge.verdict(0).success


def test_touching_cannot_be_judged_where_hands_feel_nothing() -> None:
    with pytest.raises(InputError, match=r"furnish=\[scene.furnish, scene.feel\]"):
        judged("touch the shelf", [dataclasses.replace(seen(), hand_force={})])


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("walk forward half a metre", 0.5, 0.0),
        ("walk forward one metre", 1.0, 0.0),
        ("walk forward two metres", 2.0, 0.0),
        ("walk backward half a metre", -0.5, 0.0),
        ("walk backward one metre", -1.0, 0.0),
        ("step to the left", 0.0, 0.5),
        ("step to the right", 0.0, -0.5),
    ],
)
@pytest.mark.parametrize("start", [0.0, 135.0])
def test_relative_walks(text: str, x: float, y: float, start: float) -> None:
    aside = np.array([-y, x]) / np.hypot(x, y)
    assert judged(text, walked(x, y, start=start)).success
    assert judged(text, walked(1.2 * x, 1.2 * y, start=start)).success
    assert judged(text, walked(x + 0.3 * aside[0], y + 0.3 * aside[1], start=start)).success
    assert not judged(text, walked(x + 0.4 * aside[0], y + 0.4 * aside[1], start=start)).success
    assert not judged(text, walked(-x, -y, start=start)).success
    assert not judged(text, walked(1.5 * x, 1.5 * y, start=start)).success
    assert not judged(text, walked(0.5 * x, 0.5 * y, start=start)).success
    assert not judged(text, walked(0.0, 0.0, start=start)).success
    assert not judged(text, walked(x, y, 45.0, start=start)).success


@pytest.mark.parametrize(
    ("text", "degrees", "success"),
    [
        ("turn left", 90, True),
        ("turn left", 75, True),
        ("turn left", 65, False),
        ("turn left", 115, False),
        ("turn left", -90, False),
        ("turn left", -270, False),  # ends in the right direction, but turned right
        ("turn left", 450, False),
        ("turn left", 0, False),
        ("turn right", -90, True),
        ("turn right", 90, False),
        ("turn around", 180, True),
        ("turn around", -165, True),
        ("turn around", 150, False),
        ("turn around", 360, False),
    ],
)
def test_turns(text: str, degrees: float, success: bool) -> None:
    assert judged(text, turned(degrees)).success == success


def test_turning_must_stay_on_the_spot() -> None:
    assert judged("turn left", turned(90, stray=0.45)).success
    assert not judged("turn left", turned(90, stray=0.55)).success


def test_standing_still() -> None:
    still = [seen(0.01 * k, time=0.3 * k) for k in range(11)]
    wandering = [*still[:5], seen(0.25, time=2.0), *still[5:]]
    assert judged("stand still", still).success
    assert not judged("stand still", still[:8]).success
    assert not judged("stand still", wandering).success


def test_raised_hands() -> None:
    up, down = seen(wrist_height=1.45), seen(wrist_height=1.2)
    assert judged("raise both hands", [down, up]).success
    assert not judged("raise both hands", [down, up, down]).success
    assert not judged("raise both hands", [down, seen(wrist_height=1.2, hand=np.array([0, 0, 1.5]))]).success
    assert RaiseHandsVerdict(SCENE, ROBOT, 1).height == pytest.approx(1.35, abs=0.02)


def test_shoulder_height_agrees_with_the_compiled_model() -> None:
    world = build_world(ROBOT)
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.home
    mujoco.mj_kinematics(world.model, data)
    height = data.body("left_shoulder_pitch_link").xpos[2]
    assert shoulder_height(ROBOT) == pytest.approx(height, abs=1e-6)


@pytest.mark.parametrize("text", sorted(set(OPTIONS) - {"done", "refuse"}))
def test_nothing_is_done_by_doing_nothing_or_falling(text: str) -> None:
    still = [seen(0.5, 0.4, time=0.1 * k) for k in range(5)]
    assert not judged(text, still).success
    fall = [*still, dataclasses.replace(still[-1], fallen=np.array([True])), seen(0.5, 0.4, time=9.0)]
    verdict = judged(text, fall)
    assert not verdict.success
    assert verdict.reason == "fell"


def test_falls_are_counted_once_each() -> None:
    judge = Judge(SCENE, ROBOT)
    judge.begin(0, OPTIONS["stand still"], seen())
    for fallen in (False, True, True, False, True):
        judge.update(seen(fallen=fallen))
    assert judge.falls.tolist() == [2]


def test_steps_that_cannot_be_judged() -> None:
    judge = Judge(SCENE, ROBOT)
    with pytest.raises(SkillblendError, match="call Judge.begin first"):
        judge.verdict(0)
    with pytest.raises(InputError, match="kind 'dance'"):
        judge.begin(0, Step(text="dance", behaviour="dance"), seen())
    with pytest.raises(InputError, match="cannot be pressed"):
        judge.begin(0, Step(text="press the shelf", behaviour="press", arguments=("shelf",)), seen())
    with pytest.raises(InputError, match="cannot be touched"):
        judge.begin(0, Step(text="touch the red marker", behaviour="touch", arguments=("red marker",)), seen())
    with pytest.raises(UnknownNameError, match="did you mean 'button'"):
        judge.begin(0, Step(text="press the buton", behaviour="press", arguments=("buton",)), seen())
    with pytest.raises(InputError, match="no way to walk"):
        judge.begin(0, Step(text="walk up", behaviour="walk", arguments=("up", "1")), seen())
    with pytest.raises(InputError, match="not a number"):
        judge.begin(0, Step(text="walk on", behaviour="walk", arguments=("forward", "far")), seen())
    with pytest.raises(InputError, match="not a number"):
        judge.begin(0, Step(text="turn", behaviour="turn", arguments=("left",)), seen())


def test_look_reads_the_simulation() -> None:
    world = build_world(ROBOT, furnish=[SCENE.furnish])
    sim = BatchSim(world, 2)
    qpos = np.stack([world.home, world.home])
    qpos[1, :2], qpos[1, 3:7], qpos[1, -1] = (0.5, -0.5), (np.sqrt(0.5), 0, 0, np.sqrt(0.5)), 0.02
    qpos[0, 2] = 0.3
    sim.reset(np.arange(2), qpos, np.zeros((2, world.model.nv)))
    now = look(sim, SCENE, np.full(2, 1.5))
    assert now.fallen.tolist() == [True, False]
    assert now.time.tolist() == [1.5, 1.5]
    assert now.base[1, :2] == pytest.approx([0.5, -0.5])
    assert now.heading[1] == pytest.approx(np.pi / 2)
    assert now.travel["button"] == pytest.approx([0.0, 0.02])
    assert now.wrists[1, 0] == pytest.approx([0.5 - 0.2225, -0.5 + 0.1928, 0.9318], abs=1e-3)


def stacked(*looks: Look) -> Look:
    """Looks of one robot each as one of all."""
    return Look(
        time=np.concatenate([one.time for one in looks]), base=np.concatenate([one.base for one in looks]),
        heading=np.concatenate([one.heading for one in looks]), wrists=np.concatenate([one.wrists for one in looks]),
        travel={name: np.concatenate([one.travel[name] for one in looks]) for name in looks[0].travel},
        fallen=np.concatenate([one.fallen for one in looks]),
        hand_force={name: np.concatenate([one.hand_force[name] for one in looks]) for name in NOTHING},
    )  # fmt: skip


def test_robots_are_judged_as_if_alone() -> None:
    texts = ["turn left", "press the button", "walk forward one metre", "touch the shelf"]
    ways = [turned(90), [seen()] * 20 + [seen(hand=BUTTON - [0.01, 0, 0], travel=0.015)] * 20, walked(1.0, 0.0) * 2,
            pressing("shelf", [(0.0, 0.0)] * 10 + [(4.0, 0.0)] * 30)]  # fmt: skip
    judge = Judge(SCENE, ROBOT, n=4)
    for i, text in enumerate(texts):
        judge.begin(i, OPTIONS[text], stacked(*(way[0] for way in ways)))
    for now in zip(*(way[1:] for way in ways), strict=True):
        judge.update(stacked(*now))
    for i, (text, way) in enumerate(zip(texts, ways, strict=True)):
        assert judge.verdict(i) == judged(text, way)
    judge.begin(2, OPTIONS["turn right"], stacked(*(way[-1] for way in ways)))
    assert judge.verdict(0) == judged(texts[0], ways[0])  # the others go on


def test_hands_feel_what_they_press_on_and_nothing_after_a_reset() -> None:
    """A ball of a hand is put 5 mm into the metal table: it feels that table, that hand alone, and no other thing."""
    world = build_world(ROBOT, WorldConfig(body_contacts=SCENE.contacts(ROBOT)), furnish=[SCENE.furnish, SCENE.feel])
    sim = BatchSim(world, 2)
    qpos = np.stack([world.home, world.home])
    sim.reset(np.arange(2), qpos, np.zeros((2, world.model.nv)))
    point = SCENE.thing("metal table").touches[0].wrist(0.025)
    qpos[1, :3] += point - sim.hand_position()[1, 1]
    sim.reset(np.arange(2), qpos, np.zeros((2, world.model.nv)))
    assert not np.any(list(sim.hand_force().values()))
    sim.step(qpos[:, 7 : 7 + ROBOT.num_joints])
    felt = look(sim, SCENE, np.zeros(2)).hand_force
    assert felt["metal table"][1, 1] > 2.0
    assert felt["metal table"][0].max() == felt["metal table"][1, 0] == 0.0
    assert not np.any([felt[name] for name in felt if name != "metal table"])
    sim.reset(np.array([1]), qpos[1:], np.zeros((1, world.model.nv)))
    assert not np.any(list(sim.hand_force().values()))


def test_every_behaviour_has_its_verdict() -> None:
    assert set(VERDICTS) == set(BEHAVIOURS)
    assert all(VERDICTS[name].name == name == BEHAVIOURS[name].name for name in VERDICTS)
