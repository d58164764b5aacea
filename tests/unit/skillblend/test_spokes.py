# pyright: basic, reportOptionalMemberAccess=false
"""Names that others have too: a user's ``sim.py`` beside a script, each case in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import robots
import sim.registry
from skillblend import spokes

ROOT = Path(__file__).resolve().parents[3]
MAKE = """
import gymnasium
env = gymnasium.make("skillblend.envs:skillblend/H1-Walking-v0", max_episode_steps=5)
env.reset(seed=1)
observation = env.step(env.action_space.sample() * 0)[0]
print(type(env.unwrapped).__name__, env.spec.id, float(abs(observation).sum()).hex())
"""


def python(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter in `folder`."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return python(tmp_path_factory.mktemp("empty"), "-c", MAKE).stdout


def shadows(folder: Path) -> None:
    """Files and a package that a user may have; one of them fails when it is imported."""
    (folder / "sim.py").write_text("greeting = 'mine'\ndef gym(): pass\n")
    (folder / "robots.py").write_text("raise RuntimeError('somebody imported the wrong robots')\n")
    (folder / "planners").mkdir()
    (folder / "planners" / "__init__.py").write_text("greeting = 'mine too'\n")


def test_where_nothing_hides_it_the_module_is_the_same() -> None:
    assert import_module("skillblend.spokes.sim.registry") is sim.registry
    assert sim.registry.__name__ == "sim.registry"
    assert sim.registry.__spec__.name == "sim.registry"
    assert [spokes.shadow(name) for name in spokes.NAMES] == [None] * 3
    spokes.claim()


def test_entry_points_of_others_are_loaded_as_they_are() -> None:
    assert spokes.load(EntryPoint("h1", "robots:load", "skillblend.robots")) is robots.load
    assert spokes.load(EntryPoint("x", "pathlib:Path.cwd", "x")) == Path.cwd


def test_unknown_modules_are_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        __import__("skillblend.spokes.simulation")
    with pytest.raises(ModuleNotFoundError):
        __import__("skillblend.spokes.sim.nothing")


@pytest.mark.parametrize("before", ["", "import sim, planners\n"])
def test_ids_work_beside_files_of_these_names(tmp_path: Path, expected: str, before: str) -> None:
    """Whether the user's own have been imported or not; afterwards they still are the user's own."""
    shadows(tmp_path)
    (tmp_path / "script.py").write_text(
        before + MAKE + "import sim, planners\nprint(sim.greeting, planners.greeting)\n"
    )
    done = python(tmp_path, "script.py")
    assert done.stdout == expected + "mine mine too\n"
    assert f"'sim' is {tmp_path / 'sim.py'}; skillblend uses its own package" in done.stderr
    assert f"'robots' is {tmp_path / 'robots.py'}" in done.stderr


def test_ids_work_in_workers_beside_files_of_these_names(tmp_path: Path) -> None:
    shadows(tmp_path)
    (tmp_path / "script.py").write_text(
        "from stable_baselines3.common.env_util import make_vec_env\n"
        "from stable_baselines3.common.vec_env import SubprocVecEnv\n"
        "if __name__ == '__main__':\n"
        "    name = 'skillblend.envs:skillblend/H1-FarReach-v0'\n"
        "    print(make_vec_env(name, n_envs=2, vec_env_cls=SubprocVecEnv).reset().shape[0])\n"
    )
    assert python(tmp_path, "script.py").stdout == "2\n"


def test_a_running_simulation_of_a_hidden_package_names_itself(tmp_path: Path) -> None:
    shadows(tmp_path)
    code = (
        "import skillblend.spokes.sim.gym as gym, skillblend.spokes.sim as package, skillblend.spokes.robots\n"
        "print(gym.TaskEnv.__module__, package.gym is gym, gym.BatchEnv.__module__, package.__name__)\n"
    )
    assert python(tmp_path, "-c", code).stdout.split() == [
        "skillblend.spokes.sim.gym", "True", "skillblend.spokes.sim.env", "skillblend.spokes.sim",
    ]  # fmt: skip


@pytest.mark.parametrize("arguments", [["-m", "skillblend.cli"], [str(Path(sys.executable).parent / "skillblend")]])
def test_the_command_line_works_beside_files_of_these_names(tmp_path: Path, arguments: list[str]) -> None:
    shadows(tmp_path)
    command = ["eval", "skill", "reaching", "--episodes", "1", "--json"]
    assert '"skill": "reaching"' in python(tmp_path, *arguments, *command).stdout


def test_the_command_line_names_what_it_cannot_push_aside(tmp_path: Path) -> None:
    shadows(tmp_path)
    code = "import sim\nfrom skillblend.cli import main\nmain(['eval', 'skill', 'walking'])"
    done = python(tmp_path, "-c", code, code=2)
    assert f"'sim' is {tmp_path / 'sim.py'} in this process, which hides skillblend's own package" in done.stderr
    assert "rename that file" in done.stderr


def test_a_missing_path_is_no_hindrance(tmp_path: Path, expected: str) -> None:
    """The hub alone is found: by a link to it, for example."""
    (tmp_path / "elsewhere").mkdir()
    hide = (
        "import sys, skillblend\n"
        f"sys.path = [p for p in sys.path if p != {str(ROOT)!r}]\n"
        "from skillblend import spokes\n"
        "print(spokes.shadow('sim'), file=sys.stderr)\n"
    )
    done = python(tmp_path / "elsewhere", "-c", hide + MAKE)
    assert done.stdout == expected
    assert "not on Python's path" in done.stderr
