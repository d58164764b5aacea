"""CabinetClose and FootballShoot: scenes, judges by contact, and what the script sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.evaluate import run_episodes
from sim.randomisation import NOMINAL
from sim.settings import EVALUATION
from sim.tasks.approach import step_to
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.spec import TASKS
from skillblend.shipped import MODELS

H1 = robots.load("h1")
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
