# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
"""Every code block of the guide runs, and what it says of figures holds against the command line's evaluation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.evaluate import evaluate_skill, evaluate_task
from sim.render import RenderingUnavailable
from sim.tasks.spec import TASKS
from skillblend import envs
from skillblend.blenders import read_blender
from skillblend.envs import load_policy
from skillblend.errors import BundleError, InputError, ShapeError
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "gymnasium.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
FIGURES = [block for block in BLOCKS if "EPISODES = 100" in block]
OTHERS = [block for block in BLOCKS if block not in FIGURES]


def run(block: str) -> dict[str, Any]:
    """What is left of a block's names."""
    names: dict[str, Any] = {"__name__": "guide"}
    try:
        exec(compile(block, str(PAGE), "exec"), names)
    except RenderingUnavailable as error:
        pytest.skip(str(error))
    return names


def skill_figures(skill: str, episodes: int) -> dict[str, Any]:
    """As ``skillblend eval skill`` has them, seed 7."""
    loaded = load_skill(skill, robots.load("h1"), MODELS / "h1" / skill)
    return evaluate_skill(loaded, episodes, 7)


def played(task: str, episodes: int, num_envs: int) -> list[dict[str, float]]:
    """Measurements of episodes 0 .. `episodes` - 1 of seed 7, by way of the id and Gymnasium alone."""
    policy = load_policy(task)
    name = f"skillblend/H1-{''.join(part.capitalize() for part in task.split('_'))}-v0"
    env = gymnasium.make_vec(name, num_envs=num_envs, nthread=1, autoreset_mode="SameStep")
    observation, _ = env.reset(seed=7)
    number, found = np.arange(num_envs), {}
    while len(found) < episodes:
        observation, _, terminated, truncated, infos = env.step(policy(observation))
        for i in np.flatnonzero(terminated | truncated):
            if number[i] < episodes:
                final = infos["final_info"]
                found[int(number[i])] = {k: float(final[k][i]) for k in final if not k.startswith("_")}
            number[i] += num_envs
    return [found[i] for i in range(episodes)]


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_blocks_run(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(OTHERS[number])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", range(2))
def test_the_guides_figures_are_those_of_the_evaluation(number: int) -> None:
    names = run(FIGURES[number].replace("EPISODES = 100", "EPISODES = 2"))
    expected = skill_figures("reaching", 2)
    assert names["error"] == pytest.approx(expected["error"]["wrist"], rel=1e-12)
    assert [info["fell"] for info in names["last"]] == [0.0, 0.0]


@pytest.mark.parametrize("task", ["far_reach", "button_press"])
def test_blenders_play_the_evaluations_episodes(task: str) -> None:
    controller = make_blender(TASKS[task], robots.load("h1"), MODELS)
    act = read_blender(MODELS / "h1" / task, task, controller).actor
    expected = evaluate_task(task, controller, act, "blender", 2, 7)
    found = played(task, 2, 2)
    assert np.mean([f["paper_error"] for f in found]) == pytest.approx(expected["paper_error"], rel=1e-12)
    assert found[0]["length"] == TASKS[task].episode_seconds * 10


def test_an_installation_without_entry_points_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envs, "entry_points", lambda group: ())
    with pytest.raises(InputError, match="no entry points 'skillblend.envs'; install it again, by `make setup`"):
        envs._register()


def test_policies_that_are_not_there_are_named() -> None:
    with pytest.raises(BundleError, match="no bundle at"):
        load_policy("reaching", robot="g1_locked")
    with pytest.raises(BundleError, match="is for walking on h1, not for h1/walking on"):
        load_policy("h1/walking", robot="", models=MODELS)


def test_policies_take_rows_and_batches_and_pass_over_the_critics_columns() -> None:
    policy = load_policy("walking")
    plain = gymnasium.make("skillblend/H1-Walking-v0").reset(seed=0)[0]
    full = gymnasium.make("skillblend/H1-Walking-v0", privileged=True).reset(seed=0)[0]
    assert np.array_equal(policy(plain), policy(full))
    assert np.array_equal(policy(np.stack([plain, plain])), np.stack([policy(plain)] * 2))
    assert policy(plain).dtype == np.float32
    action, state = policy.predict(plain[None], state=None, episode_start=np.array([True]))
    assert action.shape == (1, 10) and state is None
    with pytest.raises(ShapeError, match="must be"):
        policy(plain[:5])


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2))
def test_the_readmes_figure_of_reaching(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(FIGURES[number])
    expected = skill_figures("reaching", 100)
    assert names["error"] == pytest.approx(expected["error"]["wrist"], rel=1e-9)
    assert np.mean([info["fell"] for info in names["last"]]) == expected["fall_rate"] == 0.0
    assert "falls 0%, wrist error 1.17 cm" in capsys.readouterr().out


@pytest.mark.slow
def test_the_readmes_figures_of_walking() -> None:
    found, expected = played("walking", 100, 50), skill_figures("walking", 100)
    assert np.mean([f["fell"] for f in found]) == expected["fall_rate"]
    for key in ("lin_vel", "yaw_rate"):
        error = np.mean([f[f"{key}_sum"] / f["cycles"] for f in found if f["cycles"]])
        assert error == pytest.approx(expected["error"][key], rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["far_reach", "button_press"])
def test_the_readmes_figures_of_blenders(task: str) -> None:
    controller = make_blender(TASKS[task], robots.load("h1"), MODELS)
    act = read_blender(MODELS / "h1" / task, task, controller).actor
    expected = evaluate_task(task, controller, act, "blender", 100, 7)
    found = played(task, 100, 50)
    good = [f.get("pressed", f["success"]) > 0 and not f["fell"] for f in found]
    assert np.mean(good) == expected["success_rate"]
    assert np.mean([f["fell"] for f in found]) == expected["fall_rate"]
    assert np.mean([f["paper_error"] for f in found]) == pytest.approx(expected["paper_error"], rel=1e-9)
