"""CabinetClose and FootballShoot: scenes, judges by contact, and what the script sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.evaluate import run_episodes
from sim.randomisation import NOMINAL
from sim.settings import EVALUATION
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.spec import TASKS, TaskSpec
from skillblend.blending import BlendController
from skillblend.bundle import Bundle
from skillblend.contracts import Robot
from skillblend.policy import Mlp
from skillblend.scales import Scales
from skillblend.scripts.approach import step_to
from skillblend.shipped import MODELS
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS

H1, G1 = robots.load("h1"), robots.load("g1")
CABINET, FOOTBALL = TASKS["cabinet_close"], TASKS["football_shoot"]


def begun(name: str, n: int = 4) -> tuple[BatchEnv, Any]:
    """Environments at the beginning of their episodes, and their task."""
    env = BatchEnv(blend_task(TASKS[name], make_blender(TASKS[name], H1, MODELS)), n, seed=3, randomisation=NOMINAL)
    env.reset()
    assert isinstance(env.task, BlendTask)
    return env, env.task


def doors(task: BlendTask) -> list[int]:
    model = task.world.model
    return [int(model.joint(f"thing/cabinet/{side} door").qposadr[0]) for side in ("left", "right")]


def test_the_cabinet_hangs_where_the_paper_has_it_with_both_doors_open() -> None:
    env, task = begun("cabinet_close")
    assert CABINET.paper_error(task, env.state) == pytest.approx(np.ones(4))
    body = task.world.model.body("thing/cabinet")
    assert body.pos.tolist() == pytest.approx([1.5, 0.0, 1.0])
    corners = {name: task.world.model.geom(name) for name in ("thing/cabinet/left door/0",)}
    assert 2 * corners["thing/cabinet/left door/0"].size[1] == pytest.approx(0.325, abs=0.003)


def test_the_free_edges_are_where_the_doors_are() -> None:
    """MuJoCo's own kinematics agree with what the task tells: a goal at the edge of a door that is opened anyhow."""
    env, task = begun("cabinet_close", 1)
    task.sim.qpos[0, doors(task)] = [0.4, 1.3]
    task.sim.batch.forward(stage=2)
    goal = CABINET.goal(task, env.state)[0]
    places = task.sim.batch.bind("xpos")[0], task.sim.batch.bind("xmat")[0].reshape(-1, 3, 3)
    task.sim.batch.forward(stage=2)
    middle = task.sim.foot_position()[0].mean(axis=0)
    heading = np.arctan2(-goal[9], goal[8])
    c, s = np.cos(heading), np.sin(heading)
    for k, side in enumerate(("left", "right")):
        number = task.world.model.body(f"thing/cabinet/{side} door").id
        edge = places[0][number] + places[1][number] @ [0.0, (-0.325, 0.325)[k], 0.0]
        local = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ (edge - [middle[0], middle[1], 0.0])
        assert goal[3 * k : 3 * k + 2] == pytest.approx(local[:2], abs=0.012)  # half of a door's thickness
    assert goal[6:8] == pytest.approx([0.4, 1.3])


@pytest.mark.parametrize(
    ("angles", "touched", "success"),
    [
        ((0.01, 0.01), (True, True), True),
        ((0.02, 0.01), (True, True), False),
        ((0.01, 0.02), (True, True), False),
        ((0.0, 0.0), (True, False), False),
        ((0.0, 0.0), (False, False), False),
    ],
)
def test_both_doors_are_shut_within_a_degree_and_by_hands(
    angles: tuple[float, float], touched: tuple[bool, bool], success: bool
) -> None:
    env, task = begun("cabinet_close", 1)
    task.sim.qpos[0, doors(task)] = angles
    task.own.touched[0] = touched
    assert CABINET.success(task, env.state).tolist() == [success]


def test_a_hand_at_a_door_is_noticed_and_another_body_is_none() -> None:
    env, task = begun("cabinet_close", 2)
    task.sim.qpos[0, 0] += 0.95  # the default pose's hands are in the doors
    for _ in range(2):
        env.step(
            baseline("noop", CABINET, task.controller)(env.task.observe(env.state, env.obs)[:, : task.actor_size])
        )
    assert task.own.touched.any(axis=1).tolist() == [True, False]


def test_the_ball_lies_on_the_floor_and_doing_nothing_has_the_papers_floor() -> None:
    env = BatchEnv(blend_task(FOOTBALL, make_blender(FOOTBALL, H1, MODELS)), 100, seed=3, randomisation=NOMINAL)
    env.reset()
    task: Any = env.task
    start, aim = task.own.ball.position, task.own.aim
    assert (start[:, 2] == 0.11).all()
    assert (np.abs(start[:, 0] - 0.75) <= 0.25).all() and (np.abs(start[:, 1]) <= 0.3).all()
    assert (aim[:, 0] == 5.0).all() and (np.abs(aim[:, 1]) <= 2.0).all() and (aim[:, 2] <= 0.5).all()
    assert ((task.own.ball.mass >= 0.3) & (task.own.ball.mass <= 0.5)).all()
    assert FOOTBALL.paper_error(task, env.state).mean() == pytest.approx(1.80, abs=0.08)


@pytest.mark.parametrize(
    ("place", "kicked", "success"),
    [
        ((4.62, 0.0, 0.11), True, True),
        ((4.60, 0.0, 0.11), True, False),
        ((4.8, 1.88, 0.11), True, True),
        ((4.8, 1.90, 0.11), True, False),
        ((4.8, -1.90, 0.11), True, False),
        ((4.8, 0.0, 1.5), True, False),
        ((4.8, 0.0, 0.11), False, False),
    ],
)
def test_all_of_the_ball_is_over_the_line_between_the_posts_and_was_kicked(
    place: tuple[float, float, float], kicked: bool, success: bool
) -> None:
    env, task = begun("football_shoot", 1)
    task.own.ball.put(task.sim.qpos, np.array([place]), np.zeros(1))
    task.own.kicked[0] = kicked
    assert FOOTBALL.success(task, env.state).tolist() == [success]


def test_a_ball_that_rolls_into_a_foot_is_touched_by_it() -> None:
    env, task = begun("football_shoot", 2)
    task.sim.qvel[0, task.own.ball._dof] = -4.0
    task.sim.qvel[0, task.own.ball._dof + 1] = (0.2 - task.own.ball.position[0, 1]) / (
        task.own.ball.position[0, 0] / 4.0
    )
    act = baseline("noop", FOOTBALL, task.controller)
    for _ in range(4):
        env.step(act(task.observe(env.state, env.obs)[:, : task.actor_size]))
    assert task.own.kicked.tolist() == [True, False]


def test_steps_go_on_until_there_and_are_limited() -> None:
    stand = np.array([[3.0, 0.0], [0.1, -0.05], [0.0, 0.0]])
    command, distance = step_to(stand, np.array([0.0, 0.1, 0.0]), 0.6)
    assert command == pytest.approx(np.array([[0.6, 0.0, 0.0], [0.15, -0.1, 0.2], [0.0, 0.0, 0.0]]))
    assert distance == pytest.approx([3.0, np.hypot(0.1, 0.05), 0.0])


def untrained(spec: TaskSpec, robot: Robot) -> BlendController:
    """A blender over skills whose networks say zero whatever they see."""
    skills: dict[str, PolicySkill[Any]] = {}
    for name in spec.skills:
        made: Any = SKILLS[name].make(robot, None)
        layer = (
            np.zeros((made.action_size, made.observation_size), np.float32),
            np.zeros(made.action_size, np.float32),
        )
        actor = Mlp([layer])
        skills[name] = PolicySkill(made, Bundle(folder=Path(), config={}, actor=actor, critic=actor, digest=""))
    return BlendController(robot, skills, spec.blend(robot, skills))


@pytest.mark.parametrize("stand", [(3.0, 1.0), (0.7, 0.1), (0.5, 0.1), (0.1, -0.05)])
def test_steps_of_a_smaller_robot_are_dynamically_similar(stand: tuple[float, float]) -> None:
    scales, turn = Scales.of(G1), np.array([0.1])
    command, _ = step_to(np.array([stand]), turn, 0.6)
    small, _ = step_to(np.array([stand]) * scales.length, turn, 0.6, scales)
    assert small == pytest.approx(command * [scales.speed, scales.speed, 1.0])


@pytest.mark.parametrize("robot", [H1, G1], ids=["h1", "g1"])
def test_the_cabinet_hangs_as_high_as_suits_the_arms(robot: Robot) -> None:
    env = BatchEnv(blend_task(CABINET, untrained(CABINET, robot)), 2, seed=3, randomisation=NOMINAL)
    task: Any = env.task
    height = Scales.of(robot).place((0.0, 0.0, 1.0))[2]
    for _ in range(2):
        env.reset()
        places, body = task.sim.batch.bind("xpos"), task.world.model.body("thing/cabinet").id
        task.sim.batch.forward(stage=2)
        assert places[:, body, 2] == pytest.approx([height] * 2)
        assert CABINET.goal(task, env.state)[:, [2, 5]] == pytest.approx(np.full((2, 2), height))


@pytest.mark.parametrize("robot", [H1, G1], ids=["h1", "g1"])
def test_hands_at_the_doors_go_where_the_arms_reach(robot: Robot) -> None:
    """Before shut doors: in front of the shoulders, and in steps that suit the arm."""
    controller, scales = untrained(CABINET, robot), Scales.of(robot)
    observation = np.zeros((1, controller.observation_size))
    ahead, _, z = scales.place((0.40, 0.0, 1.0))
    observation[0, controller.view.column("goal")] = [ahead, 0, z, ahead, 0, z, 0.02, 0.02, 1, 0, 0.325]
    target = np.array([ahead, scales.place((0.0, 0.135, 0.0))[1], scales.place((0.0, 0.0, 1.22))[2]])
    observation[0, controller.view.column("wrists")] = np.concatenate([target, target * [1, -1, 1]])
    reach = controller.config.skills[1]
    action = baseline("oracle", CABINET, controller)(observation)[0, 3:9]
    found = np.array(reach.base, dtype=np.float64) + action * reach.scale
    assert found[[1, 4]] == pytest.approx([target[1], -target[1]], abs=0.01)
    assert found[[2, 5]] == pytest.approx([target[2]] * 2, abs=1e-3)
    assert (np.abs(found[[0, 3]] - ahead) <= 0.08 * scales.reach + 1e-9).all()


@pytest.mark.parametrize("robot", [H1, G1], ids=["h1", "g1"])
def test_a_kick_waits_where_the_ball_lies_before_the_robots_own_foot(robot: Robot) -> None:
    controller, scales = untrained(FOOTBALL, robot), Scales.of(robot)
    ball = np.array([0.48 * scales.length, 0.29 * scales.stance, 0.11])
    aim = ball + 4.0 * np.array([np.cos(0.22), np.sin(0.22), 0.0])
    observation = np.zeros((2, controller.observation_size))
    observation[:, controller.view.column("goal")] = np.concatenate([ball, aim, aim])
    observation[1, controller.view.column("goal")] += np.tile([0.07 * scales.length, 0.0, 0.0], 3)
    command = baseline("oracle", FOOTBALL, controller)(observation)[:, :3] * controller.config.skills[0].scale
    command[:, 0] += 0.2 * scales.speed
    assert command[0] == pytest.approx([0.2 * scales.speed, 0.0, 0.0], abs=1e-4)
    assert command[1] == pytest.approx([1.5 * 0.07 * scales.speed, 0.0, 0.0], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("cabinet_close", 0.8), ("football_shoot", 0.5)])
def test_the_script_solves_the_task_and_doing_nothing_does_not(name: str, least: float) -> None:
    spec, found = TASKS[name], {}
    controller = make_blender(spec, H1, MODELS)
    for policy in ("noop", "oracle"):
        env = BatchEnv(blend_task(spec, controller), 20, seed=11, randomisation=EVALUATION)
        found[policy] = run_episodes(env, baseline(policy, spec, controller), 20).metrics["strict_success"].mean()
    assert found["noop"] == 0.0
    assert found["oracle"] >= least
