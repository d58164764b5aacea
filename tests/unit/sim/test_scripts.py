"""What scripts decide where they once decided wrongly: on observations that are written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.tasks import box_transfer, package_carry, slab
from sim.tasks.gripping import Grip
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.contracts import Array
from skillblend.scripts.recall import Recall
from skillblend.shipped import MODELS
from skillblend.skills.spec import LIMBS

H1 = robots.load("h1")


def controller(task: str) -> BlendController:
    made = make_blender(TASKS[task], H1, MODELS, fast=True)
    assert isinstance(made, BlendController)
    return made


def upright(made: BlendController, n: int) -> Array:
    """Observations (N, O) of robots that stand upright and have decided nothing; gravity's column is 3 per g."""
    observation = np.zeros((n, made.observation_size))
    observation[:, made.view.column("gravity")] = [0.0, 0.0, -3.0]
    return observation


def tell(made: BlendController, observation: Array, asked: dict[str, Array], skill: str) -> None:
    """Write into `observation` that all limbs were `skill`'s in the last decision, and what skills were asked for."""
    n, memory = len(observation), made.new_memory(len(observation))
    made.decide(made.encode(asked, dict.fromkeys(LIMBS, np.full(n, made.ensemble.names.index(skill)))), memory)
    observation[:, made.view.column("action")] = memory.action * 0.5


def has_legs(made: BlendController, action: Array, skill: str) -> list[bool]:
    """Whose legs `action` (N, A) gives to `skill`."""
    seen = np.zeros((len(action), made.observation_size))
    seen[:, made.view.column("action")] = action * 0.5
    return Recall(made).had(seen, "legs", skill).tolist()


def test_who_reaches_stays_where_it_is_until_it_leans() -> None:
    """Of four robots at their targets: just arrived, called stepping by walking's memory, far off, leaning back."""
    made = controller("far_reach")
    observation = upright(made, 4)
    observation[:, made.view.column("goal")] = [0.33, 0.2, 1.1, 0.33, -0.2, 1.1]
    observation[2, made.view.column("goal")] += [0.6, 0.0, 0.0, 0.6, 0.0, 0.0]
    observation[1:, made.view.column("walking.stepping")] = 1.0
    observation[3, made.view.column("gravity")] = [-0.6, 0.0, -2.94]
    tell(made, observation, {"walking": np.zeros((4, 3))}, "reaching")
    action = TASKS["far_reach"].oracle(made)(observation)
    assert has_legs(made, action, "reaching") == [True, True, False, False]


@pytest.mark.parametrize(("height", "nearer"), [(1.2, 0.0), (0.95, 0.0), (0.75, 0.2)])
def test_a_robot_stands_nearer_to_low_targets(height: float, nearer: float) -> None:
    """At rest where targets are as far ahead as arms reach at that height: 0.33 m, less the lower they are."""
    made = controller("far_reach")
    observation = upright(made, 2)
    ahead = 0.33 - nearer
    observation[:, made.view.column("goal")] = [ahead, 0.2, height, ahead, -0.2, height]
    observation[1, made.view.column("goal")] = [ahead + 0.2, 0.2, height, ahead + 0.2, -0.2, height]
    observation[:, made.view.column("walking.stepping")] = 1.0
    action = TASKS["far_reach"].oracle(made)(observation)
    seen = np.zeros_like(observation)
    seen[:, made.view.column("action")] = action * 0.5
    command = Recall(made).goal(seen, "walking")
    assert command[0] == pytest.approx(0.0, abs=1e-9) and command[1, 0] == pytest.approx(1.3 * 0.2)


def holding(made: BlendController, grip: Grip, wrists: Array, thing: Array, way: Array, turn: float) -> Array:
    """Observations of robots with a thing between the palms, which are told to press 4 cm into it.

    Args:
        made: Whose observations.
        grip: How it is held.
        wrists: How far ahead the hands are, and how high. Shape (N, 2), m.
        thing: Middle of the thing. Shape (N, 3), m.
        way: From there to where it should be. Shape (N, 3), m.
        turn: Cosine of the direction of the world's x axis: 1 ahead, -1 behind.
    """
    n, side = len(wrists), grip.half + grip.palm
    hands = np.zeros((n, 2, 3))
    hands[:, :, 0], hands[:, :, 1], hands[:, :, 2] = wrists[:, :1], [side, -side], wrists[:, 1:]
    goal = np.zeros((n, 12))
    goal[:, :3], goal[:, 3:6], goal[:, 6], goal[:, 8] = thing, thing + way, turn, 1.0
    observation = upright(made, n)
    observation[:, made.view.column("goal")] = goal
    observation[:, made.view.column("wrists")] = hands.reshape(n, 6)
    return observation


def told(grip: Grip, wrists: Array, **others: Array) -> dict[str, Array]:
    """What skills were asked for last: reaching, to press; and `others`."""
    side = grip.half + grip.palm - 0.04
    hands = [[[ahead, side, high], [ahead, -side, high]] for ahead, high in wrists.tolist()]
    return {"reaching": np.array(hands).reshape(-1, 6), **others}


def carried(task: str, made: BlendController, grip: Grip, observation: Array, force: float) -> Array:
    """What the oracle of `task` asks carrying for, who holds it 1.2 m high with `force` (N). Shape (N, 8)."""
    n, side = len(observation), grip.half + grip.palm
    held = np.array([0.0, 0.0, 0.0, grip.carried, 0.0, 1.2, 2 * side, force])
    last = told(grip, np.tile([grip.carried, 1.2], (n, 1)), carrying=np.tile(held, (n, 1)))
    tell(made, observation, last, "carrying")
    seen = np.zeros_like(observation)
    seen[:, made.view.column("action")] = TASKS[task].oracle(made)(observation) * 0.5
    return Recall(made).goal(seen, "carrying")


def test_a_slab_that_is_lifted_a_little_is_the_carrying_skills() -> None:
    """Both have it between the palms; the first has raised it by 2 cm, the second by 7 cm; its aim is far higher."""
    made = controller("package_carry")
    grip = slab.grip(H1, package_carry.CARRIED)
    wrists = np.array([[grip.ahead, grip.low + raised] for raised in (0.02, 0.07)])
    thing = np.array([[ahead + grip.behind, 0.0, high - grip.above] for ahead, high in wrists])
    observation = holding(made, grip, wrists, thing, np.array([[0.5, 0.0, 0.5]]), 1.0)
    tell(made, observation, told(grip, wrists, walking=np.zeros((2, 3))), "reaching")
    action = TASKS["package_carry"].oracle(made)(observation)
    assert has_legs(made, action, "carrying") == [False, True]
    assert has_legs(made, action, "reaching") == [True, False]


def test_a_slab_that_swings_does_not_make_the_robot_step_and_hands_bring_it_over_its_aim() -> None:
    """Two stand where its place is over the aim; it has swung 8 cm to the left of one, and hangs before the other."""
    made = controller("package_carry")
    grip = slab.grip(H1, package_carry.CARRIED)
    swung = np.array([[0.0, 0.08, 0.0], [0.0, 0.0, 0.0]])
    thing = np.array([grip.carried + grip.behind, 0.0, 1.2 - grip.above]) + swung
    observation = holding(made, grip, np.tile([grip.carried, 1.2], (2, 1)), thing, -swung, 1.0)
    asked = carried("package_carry", made, grip, observation, 55.0)
    assert asked[:, :3] == pytest.approx(0.0, abs=1e-9)
    assert asked[:, 4] == pytest.approx([-0.01, 0.0], abs=1e-6)


def test_who_carries_stands_further_from_the_slab_than_who_lifts() -> None:
    """Knees of one that walks off with it must not push against it: 16 cm from the feet, 13 cm for a lift."""
    carry, lift = slab.grip(H1, package_carry.CARRIED), slab.grip(H1)
    gaps = [grip.ahead + grip.behind - slab.SIZE[0] / 2 for grip in (carry, lift)]
    assert gaps == pytest.approx([0.16, 0.13])


def test_hands_that_lower_a_box_bring_it_over_its_aim_and_legs_that_walk_do_not_go_after_its_swing() -> None:
    """With the box in the hands, facing the far table: 2 and 5 cm short of the aim, low; 9 cm beyond it."""
    made = controller("box_transfer")
    grip = box_transfer.grip(H1)
    thing = np.tile([grip.carried, 0.0, 1.2 - grip.above], (3, 1))
    way = np.array([[0.02, -0.01, -0.1], [0.05, 0.0, -0.1], [-0.09, 0.0, -0.15]])
    observation = holding(made, grip, np.tile([grip.carried, 1.2], (3, 1)), thing, way, -1.0)
    asked = carried("box_transfer", made, grip, observation, 30.0)
    assert asked[:, 3] - grip.carried == pytest.approx([0.008, 0.015, 0.0], abs=1e-6)
    assert asked[:, 4] == pytest.approx([-0.004, 0.0, 0.0], abs=1e-6)
    assert asked[:, 5] == pytest.approx([1.178, 1.192, 1.2], abs=1e-6)
    assert asked[:2, :3] == pytest.approx(0.0, abs=1e-9) and asked[2, 0] == pytest.approx(-0.12)
    assert asked[:, 7] == pytest.approx(30.0, abs=1e-6)


def test_a_kick_goes_to_the_middle_of_the_goal_wherever_the_point_to_hit_is() -> None:
    made = controller("football_shoot")
    observation = upright(made, 2)
    ball, middle = [0.8, 0.1, 0.11], [4.5, 0.0, 0.0]
    points = np.array([[*ball, 5.0, 1.9, 0.3, *middle], [*ball, 5.0, -1.9, 0.3, *middle]])
    observation[:, made.view.column("goal")] = points
    action = TASKS["football_shoot"].oracle(made)(observation)
    assert action[0].tolist() == action[1].tolist()
