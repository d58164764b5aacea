"""Tasks that move a thing with the hands: where it stands, what the judges want, what the scripts do."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.evaluate import run_episodes
from sim.randomisation import NOMINAL
from sim.settings import EVALUATION
from sim.tasks import box_push, box_transfer, package_carry, slab
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, blend_task, task_world
from sim.tasks.gripping import TransferScript
from sim.tasks.handling import HandEyes
from sim.tasks.spec import TASKS
from sim.tasks.tabletop import BOX, Tabletop
from skillblend.blending import BlendController
from skillblend.contracts import Array, Robot
from skillblend.kinematics import to_heading, yaw
from skillblend.scales import Scales
from skillblend.scripts.recall import Recall
from skillblend.shipped import MODELS
from skillblend.skills.reaching import ReachingConfig

H1 = robots.load("h1")
MOVING = ("box_push", "package_lift", "box_transfer", "package_carry")


def controller(task: str) -> BlendController:
    made = make_blender(TASKS[task], H1, MODELS, fast=True)
    assert isinstance(made, BlendController)
    return made


def begun(task: str, n: int, seed: int = 0) -> tuple[BatchEnv, BlendTask]:
    env = BatchEnv(blend_task(TASKS[task], controller(task)), n, seed=seed, randomisation=NOMINAL)
    env.reset()
    made = env.task
    assert isinstance(made, BlendTask)
    return env, made


def deepest(env: BatchEnv, row: int) -> float:
    """How far a thing is in anything else, m."""
    model = env.sim.world.model
    data = mujoco.MjData(model)
    data.qpos[:] = env.sim.qpos[row]
    mujoco.mj_forward(model, data)
    names = [[model.geom(int(geom)).name for geom in contact.geom] for contact in data.contact]
    depths = [-float(contact.dist) for contact in data.contact]
    return max((d for d, pair in zip(depths, names, strict=True) if any("thing/" in n for n in pair)), default=0.0)


@pytest.mark.parametrize("task", MOVING)
def test_nothing_begins_inside_anything(task: str) -> None:
    env, _ = begun(task, 64)
    assert max(deepest(env, row) for row in range(64)) < 0.002


@pytest.mark.parametrize("task", MOVING)
def test_pictures_show_the_aim(task: str) -> None:
    _, made = begun(task, 2)
    assert made.spec.marks(made).tolist() == [made.own.aim[0].tolist()]


def test_boxes_and_their_goals_are_on_the_table() -> None:
    _, task = begun("box_push", 256)
    start, aim = task.own.box.position, task.own.aim
    assert (start[:, 0] >= 0.55).all() and (start[:, 0] <= 0.65).all() and (np.abs(start[:, 1]) <= 0.3).all()
    assert (np.abs(aim[:, 1]) <= 0.65).all() and (aim[:, 0] - start[:, 0] >= 0).all()
    assert np.ptp(start[:, 1]) > 0.5 and np.ptp(aim[:, 1] - start[:, 1]) > 0.8
    assert start[:, 2] == pytest.approx(1.05)


def test_slabs_differ_in_place_weight_and_height_to_rise() -> None:
    _, task = begun("package_lift", 256)
    slab, aim = task.own.slab, task.own.aim
    assert slab.position[:, 2] == pytest.approx(0.5) and slab.tilt == pytest.approx(0.0, abs=1e-6)
    rise = aim - slab.position
    assert rise[:, :2] == pytest.approx(0.0) and rise[:, 2].min() > 0.3 and rise[:, 2].max() < 0.6
    assert 0.5 <= slab.mass.min() < 0.6 and 1.9 < slab.mass.max() <= 2.0


def test_slabs_are_to_be_carried_ahead() -> None:
    _, task = begun("package_carry", 256)
    way = task.own.aim - task.own.slab.position
    assert way[:, 0].min() > 0.3 and way[:, 0].max() < 1.0 and np.ptp(way[:, 0]) > 0.6
    assert np.abs(way[:, 1]).max() < 0.3 and way[:, 2].min() > 0.3


def put(task: BlendTask, body: str, position: Array) -> None:
    at = int(task.world.model.joint(body).qposadr[0])
    task.sim.qpos[:, at : at + 3] = position
    task.sim.qvel[:] = 0.0


def wait(env: BatchEnv, seconds: float) -> None:
    """Stand still, as the script that does nothing."""
    task = env.task
    assert isinstance(task, BlendTask)
    act = baseline("noop", task.spec, task.controller)
    for _ in range(round(seconds / 0.1)):
        env.step(act(np.zeros((env.n, task.actor_size))))


@pytest.mark.parametrize(
    ("off", "reached"), [((0.0, 0.045, 0.0), True), ((0.0, 0.055, 0.0), False), ((0.0, 0.0, 0.3), False)]
)
def test_a_box_is_pushed_when_it_rests_near_its_goal(off: tuple[float, float, float], reached: bool) -> None:
    env, task = begun("box_push", 2)
    put(task, "thing/box", task.own.aim + np.array(off))
    wait(env, 0.1)  # one in the air still falls then
    assert task.reached.tolist() == [reached, reached]
    if reached:
        assert task.spec.paper_error(task, env.state) == pytest.approx(0.045 / 3, abs=1e-3)


@pytest.mark.parametrize(("height", "reached"), [(0.0, True), (0.4, False)])
def test_a_box_is_transferred_when_it_rests_on_the_other_table(height: float, reached: bool) -> None:
    env, task = begun("box_transfer", 2)
    assert (task.own.aim[:, 0] < -0.55).all() and not task.reached.any()
    put(task, "thing/box", task.own.aim + np.array([0.0, 0.0, height]))
    wait(env, 0.1)
    assert task.reached.tolist() == [reached, reached]


def test_a_box_that_falls_off_ends_the_episode_without_a_fall() -> None:
    env, task = begun("box_push", 2)
    put(task, "thing/box", np.array([1.0, 0.9, 0.5]))
    found = env.step(baseline("noop", task.spec, task.controller)(np.zeros((2, task.actor_size))))
    assert found.terminated.all() and (found.metrics["lost"] == 1).all() and (found.metrics["fell"] == 0).all()


def test_a_slab_in_the_air_that_nobody_holds_is_not_lifted() -> None:
    env, task = begun("package_lift", 2)
    put(task, "thing/slab", task.own.aim)
    wait(env, 0.1)
    assert not task.reached.any() and (task.error < 0.1).all()


def test_the_papers_error_of_a_lift_is_height_alone() -> None:
    env, task = begun("package_lift", 1)
    put(task, "thing/slab", task.own.aim + np.array([0.3, 0.2, -0.07]))
    assert task.spec.paper_error(task, env.state) == pytest.approx([0.07])
    assert task.spec.error(task, env.state) == pytest.approx([np.sqrt(0.3**2 + 0.2**2 + 0.07**2)])


@pytest.mark.parametrize("task", MOVING)
def test_scripts_see_the_thing_its_aim_and_how_the_trunk_sways(task: str) -> None:
    env, made = begun(task, 4)
    assert isinstance(made.controller, BlendController)
    eyes = HandEyes(made.controller)
    wait(env, 0.4)
    observation = made.observe(env.state, env.obs)[:, : made.actor_size]
    sight = eyes(observation)
    thing = made.own.slab if task.startswith("package") else made.own.box
    middle = env.sim.foot_position().mean(axis=1)
    heading = yaw(env.state.base_quaternion)
    assert sight.thing[:, 2] == pytest.approx(thing.position[:, 2], abs=1e-6)
    away = to_heading(made.own.aim - thing.position, heading)
    assert sight.way == pytest.approx(away, abs=1e-6)
    base = to_heading(env.state.base_position - middle, heading)[:, :2]
    assert sight.sway == pytest.approx(base, abs=0.05) and not sight.stepping.any()
    assert sight.turn == pytest.approx(-heading, abs=1e-6)


@pytest.mark.parametrize("task", MOVING)
@pytest.mark.parametrize("scale", [0.0, 1.0, 5.0])
def test_scripts_decide_on_whatever_they_see(task: str, scale: float) -> None:
    made = controller(task)
    seen = scale * np.random.default_rng(3).uniform(-1.0, 1.0, (16, made.observation_size))
    with np.errstate(all="raise"):
        action = baseline("oracle", TASKS[task], made)(seen)
    assert action.shape == (16, made.action_size) and np.isfinite(action).all()


@pytest.mark.parametrize("task", MOVING)
def test_scripts_remember_by_what_they_said(task: str) -> None:
    made = controller(task)
    recall, names = Recall(made), made.ensemble.names
    observation = np.zeros((2, made.observation_size))
    assert not recall.begun(observation).any()
    goal = np.tile([0.3, 0.1, 1.0, 0.35, -0.2, 1.1], (2, 1))
    reach = np.full(2, names.index("reaching"))
    walk = np.full(2, names.index("walking"))
    action = made.encode({"reaching": goal}, {"legs": reach, "torso": walk, "arms": reach})
    memory = made.new_memory(2)
    made.decide(action, memory)
    observation[:, made.view.column("action")] = memory.action * 0.5
    assert recall.begun(observation).all()
    assert recall.goal(observation, "reaching") == pytest.approx(goal)
    assert recall.had(observation, "legs", "reaching").all() and recall.had(observation, "torso", "walking").all()
    assert not recall.had(observation, "legs", "walking").any()


@pytest.mark.parametrize("task", MOVING)
def test_two_terms_of_the_reward_are_the_tasks(task: str) -> None:
    assert set(TASKS[task].rewards) == {"progress", "there", "effort", "tilt", "slip"}


def test_episodes_with_a_thing_do_not_depend_on_how_many_run_beside_them() -> None:
    spec = replace(TASKS["package_lift"], episode_seconds=1.5)
    made = make_blender(spec, H1, MODELS)
    act = baseline("oracle", spec, made)
    envs = [BatchEnv(blend_task(spec, made), n, seed=5, randomisation=EVALUATION) for n in (3, 1)]
    found = [run_episodes(env, act, 3).metrics for env in envs]
    for name in found[0]:
        np.testing.assert_array_equal(found[0][name], found[1][name])
    assert len(set(found[0]["error"].tolist())) == 3


def reached(robot: Robot, places: list[tuple[float, float, float]]) -> bool:
    """Whether reaching of `robot` may be sent to all these places of the left wrist."""
    config = ReachingConfig.for_robot(robot)
    return all((np.array(config.lower) <= p).all() and (p <= np.array(config.upper)).all() for p in np.array(places))


@pytest.mark.parametrize("name", robots.names())
def test_grips_and_stands_are_in_the_reach_of_every_robot(name: str) -> None:
    """What scripts ask of the hands, and what tables and slabs stand at, by the goal space of the skill itself."""
    robot = robots.load(name)
    scales, table = Scales.of(robot), Tabletop.of(Scales.of(robot))
    middle, slab_middle = table.top + BOX / 2, slab.SIZE[2] / 2
    arm, taken = box_push.Arm.of(robot), slab.grip(robot, scales.place((package_carry.CARRIED, 0.0, 0.0))[0])
    lift = slab_middle + taken.above + scales.reach * np.array([0.0, 0.6])
    side = taken.half + taken.palm
    assert reached(robot, [(x, side, z) for x in (taken.ahead, taken.carried) for z in (taken.low, *lift)])
    assert slab_middle + taken.above == pytest.approx(taken.low)
    assert 0.0 < taken.ahead + taken.behind - slab.SIZE[0] / 2 < taken.ahead, "the slab begins between feet and hands"
    boxed = box_transfer.grip(robot)
    heights = (boxed.low, middle + boxed.above, middle + TransferScript.over * scales.reach + boxed.above)
    assert reached(robot, [(boxed.ahead, boxed.half + boxed.palm, z) for z in heights])
    assert boxed.low <= middle + boxed.above
    assert boxed.waits == pytest.approx(arm.waits)
    ahead, outward, above = arm.waits
    assert reached(robot, [(ahead, outward, middle + above)])
    assert reached(robot, [(arm.furthest, 0.0, middle + z) for z in (arm.over, arm.beside, arm.leaves)])
    assert arm.touches < arm.behind and table.box > arm.furthest, "it walks up to the box"


@pytest.mark.parametrize("task", MOVING)
def test_things_of_another_robot_begin_where_its_scales_say(task: str) -> None:
    world = task_world(TASKS[task], robots.load("g1"))
    assert world.model.body("thing/slab" if task.startswith("package") else "thing/box").id > 0
    if task.startswith("box"):
        top = Tabletop.of(Scales.of(world.robot)).top
        assert 0.6 < top < 0.8 and world.model.body("thing/table").pos[2] == pytest.approx(top / 2)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "least"), [("box_push", 0.6), ("package_lift", 0.65)])
def test_scripts_solve_the_tasks(task: str, least: float) -> None:
    made = controller(task)
    shares = []
    for policy in ("oracle", "noop"):
        env = BatchEnv(blend_task(TASKS[task], made), 40, seed=4711, randomisation=EVALUATION)
        shares.append(run_episodes(env, baseline(policy, TASKS[task], made), 40).metrics["strict_success"].mean())
    assert shares[0] > least and shares[1] < 0.15
