"""Planners by name: each decides, says who it is, and one more file is one more planner."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import planners.variants
from planners.planner import Query
from planners.retrieval import find_encoder
from planners.similarity import SimilarityScorer, shared_words
from planners.variants import DEFAULT, PLANNERS
from planners.variants.value_only import EvenScorer
from planners.weights import find_gguf
from skillblend.cli.main import main
from skillblend.contracts import SceneState, Step
from skillblend.errors import BundleError, InputError, UnknownNameError
from skillblend.options import ground_options
from skillblend.shipped import DEFAULT_PLANNER

WALK = Step(text="walk to the button", behaviour="walk_to", arguments=("button",))
PRESS = Step(text="press the button", behaviour="press", arguments=("button",))

HELD_OUT = Path(__file__).resolve().parents[2] / "integration" / "instructions.json"

TOY = '''
"""Turns left until it is done."""

import numpy as np

from planners.planner import ScoredPlanner, Variant


class LeftScorer:
    def probabilities(self, query):
        wanted = "done" if query.history else "turn left"
        return np.array([float(text == wanted) for text in query.texts])


VARIANT = Variant(name="toy", about="turns left", load=lambda gold: ScoredPlanner("toy", LeftScorer()))
'''


def query(scene: SceneState, instruction: str, *done: Step) -> Query:
    steps = ground_options(scene)
    return Query(instruction=instruction, scene=scene, history=[(step, True) for step in done], steps=steps)


def best(scorer: SimilarityScorer, asked: Query) -> str:
    return asked.texts[int(scorer.probabilities(asked).argmax())]


def test_the_names_are_these() -> None:
    names = ("bag_of_words", "embedding", "lm_only", "oracle", "saycan", "search", "uniform", "value_only")
    assert PLANNERS.names() == names
    assert DEFAULT == DEFAULT_PLANNER == "saycan"
    assert all(PLANNERS[name].about for name in names)
    with pytest.raises(UnknownNameError, match="did you mean 'lm_only'"):
        PLANNERS["lm_olny"]


@pytest.mark.parametrize("name", PLANNERS.names())
def test_every_planner_decides_and_says_who_it_is(name: str, lab: SceneState) -> None:
    try:
        if name in ("saycan", "search", "lm_only"):
            find_gguf()
        if name == "embedding":
            find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    planner = PLANNERS[name].load({"turn left": ["turn left"]})
    known = {step.text: 0.5 for step in ground_options(lab)}
    decision = planner.decide("turn left", lab, [], known)
    assert planner.name == decision.planner == name
    assert sum(option.lm_score for option in decision.options) == pytest.approx(1.0)
    assert {option.step for option in decision.options} == set(ground_options(lab))
    assert planner.decide("turn left", lab, [], known) == decision
    if name not in ("uniform", "value_only"):
        assert decision.chosen.step.text == "turn left"


def test_value_alone_takes_what_is_surest(lab: SceneState) -> None:
    likely = {step.text: 0.9 for step in ground_options(lab)} | {"walk to the shelf": 0.99}
    decision = PLANNERS["value_only"].load({}).decide("turn left", lab, [], likely)
    assert decision.chosen.step.text == "walk to the shelf"
    asked = query(lab, "turn left")
    shares = EvenScorer().probabilities(asked)
    assert shares[:-2] == pytest.approx(10 * shares[-1])


def test_chance_hangs_on_the_question_and_reaches_every_option(lab: SceneState) -> None:
    planner = PLANNERS["uniform"].load({})
    chosen = [planner.decide(f"question {k}", lab, [(WALK, True)], {}).chosen.step.text for k in range(400)]
    assert set(chosen) == {step.text for step in ground_options(lab)}


def test_shared_words_are_counted() -> None:
    shares = shared_words("Go to the RED marker!", ["walk to the red marker", "walk to the shelf", "turn left"])
    np.testing.assert_allclose(shares, [2 / 3, 0, 0])


def test_what_is_done_is_not_wanted_again(lab: SceneState) -> None:
    scorer = SimilarityScorer(shared_words, done=0.6, refuse=0.35)
    assert best(scorer, query(lab, "walk to the button, then press the button")) == "walk to the button"
    assert best(scorer, query(lab, "walk to the button, then press the button", WALK)) == "press the button"
    assert best(scorer, query(lab, "walk to the button, then press the button", WALK, PRESS)) == "done"


def test_what_is_like_nothing_is_refused(lab: SceneState) -> None:
    decision = PLANNERS["bag_of_words"].load({}).decide("sing me something", lab, [], {})
    assert decision.chosen.step.text == "refuse"


def test_the_oracle_needs_known_plans(lab: SceneState) -> None:
    with pytest.raises(InputError, match="was given none"):
        PLANNERS["oracle"].load({})
    with pytest.raises(InputError, match="knows no plan for 'turn right'"):
        PLANNERS["oracle"].load({"turn left": ["turn left"]}).decide("turn right", lab, [], {})


def test_one_file_is_one_planner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Added by its file alone, it is chosen by name, moves the robot, and stands in report and trace."""
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setattr(planners.variants, "__path__", [*planners.variants.__path__, str(tmp_path)])
    out = tmp_path / "run"
    with pytest.raises(SystemExit, match="0"):
        main(["run", "anything at all", "--planner", "toy", "--no-video", "--out", str(out), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["planner"] == "toy" and report["success"]
    assert [step["text"] for step in report["steps"]] == ["turn left"]
    trace = [json.loads(line) for line in (out / "trace.jsonl").read_text().splitlines()]
    assert [row["planner"] for row in trace] == ["toy", "toy"]
    with pytest.raises(SystemExit, match="0"):
        main(["replay", str(out), "--json"])
    assert json.loads(capsys.readouterr().out) == {"decisions": 2, "same": 2, "differences": [[], []]}


@pytest.mark.parametrize("text", ["", "VARIANT = 3", TOY.replace('name="toy"', 'name="boy"')])
def test_a_file_that_holds_no_planner_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "mistaken.py").write_text(text)
    monkeypatch.setattr(planners.variants, "__path__", [*planners.variants.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "planners.variants.mistaken", raising=False)
    importlib.invalidate_caches()
    with pytest.raises(InputError, match=r"mistaken\.py must define VARIANT"):
        PLANNERS["mistaken"]


@pytest.mark.parametrize(
    "command", [["run", "turn left"], ["plan", "turn left"], ["console"], ["eval", "instructions", str(HELD_OUT)]]
)
def test_an_unknown_planner_is_refused_before_anything_is_loaded(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("skillblend.simulated.Session", None)  # whoever tries to stand a robot up fails otherwise
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main([*command, "--planner", "saycann"])
    assert "did you mean 'saycan'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_names_come_without_their_models() -> None:
    code = "import sys, planners.variants; print({'torch', 'transformers', 'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
