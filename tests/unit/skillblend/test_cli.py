"""The command line under bad input: exit code 2, one message, nothing on standard output, no traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.tasks.spec import TASKS
from skillblend.bundle import write_bundle
from skillblend.cli import main
from skillblend.cli.paths import MODELS
from skillblend.skills.spec import SKILLS

Refused = Callable[..., str]


@pytest.mark.parametrize(
    "command",
    [
        ("eval", "skill", "walking"),
        ("eval", "task", "far_reach"),
        ("eval", "handover"),
        ("train", "skill", "walking"),
        ("train", "task", "far_reach"),
        ("calibrate", "walking"),
        ("filmstrip", "walking"),
        ("run", "walk to the table"),
    ],
    ids=" ".join,
)
def test_unknown_robot(
    refused: Refused, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused(*command, "--robot", "h11")
    assert message.startswith("unknown robot 'h11'; known: [")
    assert message.endswith("did you mean 'h1'?")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", [("eval", "skill"), ("train", "skill"), ("calibrate",), ("filmstrip",)], ids=" ".join
)
def test_unknown_skill(refused: Refused, command: tuple[str, ...]) -> None:
    expected = f"unknown skill 'wolking'; known: {sorted(SKILLS)}; did you mean 'walking'?"
    assert refused(*command, "wolking") == expected


@pytest.mark.parametrize("command", ["eval", "train"])
def test_unknown_task(refused: Refused, command: str) -> None:
    expected = f"unknown task 'far_rech'; known: {sorted(TASKS)}; did you mean 'far_reach'?"
    assert refused(command, "task", "far_rech") == expected


def test_variants_of_what_has_none(refused: Refused) -> None:
    for command in ("filmstrip", "calibrate"):
        message = refused(command, "reaching", "--variant", "flat")
        assert message.startswith("unknown variant of reaching 'flat'; known: [")
    assert refused("filmstrip", "far_reach", "--variant", "flot").endswith("did you mean 'flat'?")


def test_unknown_scene(refused: Refused, tmp_path: Path) -> None:
    message = refused("run", "walk", "--scene", "workshap", "--out", str(tmp_path / "out"))
    assert message.startswith("unknown scene 'workshap'; known: [")
    assert message.endswith("did you mean 'workshop'?")


def test_standing_still_is_refused_where_it_is_no_goal(refused: Refused) -> None:
    message = refused("eval", "skill", "reaching", "--stand", "--episodes", "1", "--models", str(MODELS))
    assert message == "reaching has no goal that asks it to stand still; leave --stand out"


def test_unknown_policy(refused: Refused, models: str) -> None:
    message = refused("eval", "task", "far_reach", "--policy", "magic", "--models", models)
    assert message.startswith("unknown policy 'magic'; known: ['all', 'blender', ")


@pytest.mark.parametrize(
    "command",
    [
        ("eval", "skill", "walking"),
        ("eval", "task", "far_reach"),
        ("eval", "handover"),
        ("calibrate", "reaching"),
        ("filmstrip", "walking"),
        ("train", "task", "far_reach"),
        ("starts", "walking", "--out", "starts.npz"),
    ],
    ids=" ".join,
)
def test_missing_models_folder(refused: Refused, command: tuple[str, ...], tmp_path: Path) -> None:
    message = refused(*command, "--models", str(tmp_path / "none"))
    assert message.startswith(f"no bundle at {tmp_path}/none/h1/")
    assert "`skillblend train`" in message


@pytest.mark.parametrize("episodes", ["0", "-1", "100001"])
@pytest.mark.parametrize(
    "command", [("skill", "walking"), ("task", "far_reach", "--policy", "noop"), ("handover",)], ids=" ".join
)
def test_senseless_numbers_of_episodes(
    refused: Refused, command: tuple[str, ...], episodes: str, models: str
) -> None:
    found = refused("eval", *command, "--models", models, "--episodes", episodes)
    assert found == f"episodes = {episodes} must be between 1 and 100000"


def test_skills_are_carried_from_robots_that_there_are(refused: Refused, tmp_path: Path) -> None:
    config = {"skill": "walking", "robot": "atlas"}
    write_bundle(tmp_path / "atlas", {}, config)
    out = str(tmp_path / "out")
    message = refused("train", "skill", "walking", "--initial", str(tmp_path / "atlas"), "--out", out)
    assert message.startswith(f"{tmp_path / 'atlas'} is for the robot 'atlas'; known are g1, g1_locked, h1, ")
    assert not (tmp_path / "out").exists()


def test_reversals_are_commands_of_walking(refused: Refused, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert refused("train", "skill", "walking", "--reversals", "1.5", *out).startswith("reversals = 1.5 must be")


def test_a_share_of_loads_is_a_share(refused: Refused, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert refused("train", "interpreter", "--learning-rate", "-1", *out).startswith("learning_rate = -1.0 must be")
    assert refused("train", "skill", "walking", "--load", "1.5", *out).startswith("load = 1.5 must be")


@pytest.mark.parametrize("command", [("skill", "walking"), ("gait",), ("handover",)], ids=" ".join)
def test_variants_of_skills_are_those_that_there_are(refused: Refused, models: str, command: tuple[str, ...]) -> None:
    found = refused("eval", *command, "--models", models, "--variant", "laod")
    assert "variant of " in found and "'laod'" in found


def test_blenders_are_not_carried_from_robot_to_robot(refused: Refused, tmp_path: Path) -> None:
    """Two robots may have as many joints as one another, in another order."""
    write_bundle(tmp_path / "g1_locked", {}, {"skill": "far_reach", "robot": "g1_locked"})
    arguments = ("--initial", str(tmp_path / "g1_locked"), "--out", str(tmp_path / "out"))
    message = refused("train", "task", "far_reach", *arguments)
    assert message.startswith(f"{tmp_path / 'g1_locked'} is for g1_locked, not for h1")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", ["-1", "2147483648"])
def test_senseless_seeds_of_training(refused: Refused, seed: str, tmp_path: Path) -> None:
    message = refused("train", "skill", "walking", "--seed", seed, "--out", str(tmp_path / "out"))
    assert message == f"seed = {seed} must be between 0 and 2147483647"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value", "start"),
    [
        ("--num-envs", "0", "num_envs = 0 must be between 1 and 8192"),
        ("--num-envs", "10000", "num_envs = 10000 must be between 1 and 8192"),
        ("--minutes", "0", "minutes = 0.0 must be in"),
        ("--minutes", "nan", "minutes = nan must be in"),
    ],
)
def test_senseless_budgets_of_training(refused: Refused, option: str, value: str, start: str, tmp_path: Path) -> None:
    assert refused("train", "skill", "walking", option, value, "--out", str(tmp_path / "out")).startswith(start)


@pytest.mark.parametrize(
    ("instruction", "about"),
    [
        ("walk\x07 to the table", "control character"),
        ("walk\x1b[2J", "control character"),
        ("walk " * 2000, "10000 characters"),
        ("", "instruction"),
        (" \t ", "instruction"),
    ],
    ids=["bell", "escape", "10,000 characters", "empty", "blank"],
)
def test_instructions_that_are_no_text(refused: Refused, instruction: str, about: str, tmp_path: Path) -> None:
    message = refused("run", instruction, "--out", str(tmp_path / "out"))
    assert about in message
    assert message.isprintable()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "command", [("run", "walk"), ("train", "skill", "walking"), ("train", "skill", "reaching")], ids=" ".join
)
def test_out_that_cannot_be_written(refused: Refused, command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "out"
    assert refused(*command, "--out", str(out)) == f"cannot write to {out}: Not a directory; choose another --out"


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"scene": "workshop"}'], ids=["missing", "empty", "list", "without"]
)
def test_files_that_hold_no_instructions(refused: Refused, text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "instructions.json"
    if text is not None:
        file.write_text(text)
    assert refused("eval", "instructions", str(file)).startswith(
        f"{file} must be JSON with 'scene' and 'instructions': "
    )


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["fly"], "fly"),
        (["eval", "skill", "walking", "--seed", "many"], "--seed"),
        (["eval", "skill"], "STR"),
        (["run", "walk", "--fast"], "--fast"),
    ],
    ids=" ".join,
)
def test_what_is_no_command(arguments: list[str], about: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    assert about in err
    assert "Traceback" not in err


def test_help_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "console" in capsys.readouterr().out


@pytest.mark.parametrize("threads", ["-3", "0", "100000"])
@pytest.mark.parametrize("command", [("skill", "walking"), ("task", "far_reach")], ids=" ".join)
def test_senseless_numbers_of_threads(
    refused: Refused, command: tuple[str, ...], threads: str, models: str, tmp_path: Path
) -> None:
    where = ["--models", models] if command[0] == "task" else []
    message = refused("train", *command, *where, "--threads", threads, "--out", str(tmp_path / "out"))
    assert message.startswith(f"threads = {threads} must be a whole number between 1 and ")
    assert not (tmp_path / "out").exists()
    if threads != "0":
        assert refused("bench", "speed", "--threads", threads).startswith(
            f"threads = {threads} must be a whole number between 0"
        )


@pytest.mark.parametrize(
    ("option", "value", "about"),
    [
        ("--resume", None, "checkpoint in .* cannot be used"),
        ("--initial", "none", "checkpoint in .*none cannot be used"),
        ("--starts", "none.safetensors", "no start states in .*none.safetensors"),
    ],
)
def test_a_start_of_training_that_cannot_be_read_leaves_no_folders(
    refused: Refused, option: str, value: str | None, about: str, tmp_path: Path
) -> None:
    out = tmp_path / "runs" / "models"
    tail = [] if value is None else [str(tmp_path / value)]
    sizes = ["--num-envs", "64", "--threads", "1"]
    message = refused("train", "skill", "walking", "--out", str(out), *sizes, option, *tail)
    assert re.search(about, message)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cannot_begin_leaves_no_folder_and_an_earlier_run_as_it_was(
    refused: Refused, tmp_path: Path
) -> None:
    new, old = tmp_path / "a" / "b", tmp_path / "old"
    old.mkdir()
    (old / "report.json").write_text("{}")
    for out in (new, old):
        message = refused("run", "walk", "--no-video", "--models", str(tmp_path / "none"), "--out", str(out))
        assert message.startswith("no bundle at ")
    assert [p.name for p in tmp_path.rglob("*")] == ["old", "report.json"]
