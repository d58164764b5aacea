"""Asking: the quantile keeps its promise, one that stays alone is taken, several are a question."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from planners.grounding.calibration import Listener, Weighed, calibrate, fit_weights, scores_of
from planners.grounding.conformal import FILE, Asking, load_asking, quantile, ratio_score, save_asking
from planners.grounding.context import CUES, cues_of, doable, nearness, role_of
from planners.grounding.grounder import FOLDER, WEIGHTS, Grounder
from planners.grounding.persons import People
from planners.grounding.rewording import Rewriter
from planners.prompt import normalise
from sim import scenes
from skillblend.contracts import SceneState, Thing
from skillblend.errors import BundleError, InputError

STOREROOM = scenes.load("storeroom").state


def pair(*facts: str, base: bool = False) -> SceneState:
    poses = [np.array([[x, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]) for x in (1.0, 4.0)]
    things = tuple(
        Thing(name=f"{look} box", kind="box", motion="free", pose=pose if base else None)
        for look, pose in zip(("red", "blue"), poses, strict=True)
    )
    return SceneState(things=things, facts=frozenset(facts), base=np.zeros((1, 3)) if base else None)


def test_the_quantile_covers_what_it_promises() -> None:
    rng = np.random.default_rng(0)
    inside = [rng.random() <= quantile(rng.random(n).tolist(), 0.85) for n in rng.integers(20, 60, 4000).tolist()]
    assert 0.85 - 0.02 <= np.mean(inside) <= 0.85 + 1 / 21 + 0.02
    assert quantile([0.1, 0.2, 0.3], 0.5) == 0.2
    assert quantile([0.1, 0.2, 0.3], 0.85) == math.inf, "three scores promise nothing of that kind"


@pytest.mark.parametrize(("scores", "coverage"), [([], 0.5), ([0.1], 0.0), ([0.1], 1.0)])
def test_a_quantile_of_nothing(scores: list[float], coverage: float) -> None:
    with pytest.raises(InputError, match="above 0 and below 1"):
        quantile(scores, coverage)


def test_what_is_as_likely_as_the_best_stays() -> None:
    asking = Asking(weights=np.array([0.0, 3.0, 0.0, 0.0, 0.0]), share=0.2)
    alike, apart = np.zeros((2, len(CUES))), np.zeros((2, len(CUES)))
    apart[0, 1] = 1.0
    assert asking.staying(alike)[0] == [0, 1] and asking.staying(apart)[0] == [0]
    p = asking.probabilities(apart)
    assert p.sum() == pytest.approx(1.0) and ratio_score(p, 1) == pytest.approx(1 - math.exp(-3.0))


@pytest.mark.parametrize(
    ("before", "role"),
    [
        ("walk to the shelf, then pick up ", "taking"),
        ("put the tin on ", "placing"),
        ("put ", "loading"),
        ("bring the tin to ", "going"),
        ("put your hand on ", "touching"),
        ("please shut ", "closing"),
        ("head to ", "going"),
        ("well, ", ""),
    ],
)
def test_roles(before: str, role: str) -> None:
    assert role_of(before) == role


def test_cues() -> None:
    likely = np.array([0.5, 0.5])
    held = pair("held(red box)")
    assert not doable("taking", "", held, 0) and doable("taking", "", held, 1)
    rows = cues_of("touch ", [0, 1], likely, pair("at(red box)"), 0)
    assert rows[:, 2].tolist() == [1.0, 0.0] and rows[:, 3].tolist() == [0.0, 0.0]
    assert cues_of("go to ", [0, 1], likely, pair(), 0)[:, 3].tolist() == [1.0, 0.0]
    assert nearness(pair(base=True), [0, 1]) == pytest.approx([0.0, math.log(1 / 4)])
    assert nearness(pair(), [0, 1]).tolist() == [0.0, 0.0], "nobody knows where they are"


def test_weights_are_those_that_drew_the_choices() -> None:
    rng, weights = np.random.default_rng(1), np.array([0.5, 2.0, 1.0, -1.5, 2.0])
    asking, heard = Asking(weights=weights, share=0.0), list[Weighed]()
    for _ in range(6000):
        cues = rng.normal(size=(3, len(CUES)))
        heard.append(Weighed(cues=cues, meant=int(rng.choice(3, p=asking.probabilities(cues)))))
    assert fit_weights(heard) == pytest.approx(weights, abs=0.15)
    assert scores_of(asking, [Weighed(cues=None, meant=0), Weighed(cues=None, meant=-1)]) == [0.0, math.inf]


def test_the_shipped_one_asks_where_nothing_speaks_for_either(grounder: Grounder) -> None:
    rewriter = Rewriter(grounder)
    free, there = pair(), pair("at(red box)")
    assert rewriter.read("pick up the box", free).choices == ("red box", "blue box")
    taken = rewriter.read("pick up the box", there)
    assert taken.text == "pick up the red box" and not taken.why
    assert taken.notes[0].startswith("read 'the box' as the red box (0.")
    assert rewriter.read("grab the box", pair("held(red box)")).text == "grab the blue box"
    assert rewriter.read("pick up the box", pair(base=True)).text == "pick up the red box", "four times as near"
    assert not rewriter.read("pick up the red box, not the box", free).choices


@pytest.mark.slow
def test_held_out_instructions_are_covered(grounder: Grounder) -> None:
    asking, about = calibrate(grounder, 5, 150, 200)
    assert about["coverage"] == 0.85 and 0.0 <= asking.share <= 1.0
    people, listener = People(np.random.default_rng(77)), Listener(grounder)
    shipped = load_asking()
    scores = scores_of(shipped, [listener.hear(people.draw()) for _ in range(300)])
    inside = np.mean([score <= 1.0 - shipped.share + 1e-9 for score in scores])
    assert 0.78 <= inside <= 0.94  # three standard errors


def test_people_mean_something_that_the_word_fits(grounder: Grounder) -> None:
    people = People(np.random.default_rng(3))
    drawn = [people.draw() for _ in range(60)]
    assert {said.context for said in drawn} == {"", "here", "doable", "near"}
    assert all(said.means in said.scene.names for said in drawn)
    again = People(np.random.default_rng(3))
    assert [again.draw().instruction for _ in range(60)] == [said.instruction for said in drawn]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes((FOLDER / WEIGHTS).read_bytes())
    with pytest.raises(BundleError, match=r"cannot read .*asking\.json"):
        load_asking(tmp_path)
    save_asking(Asking(weights=np.ones(len(CUES)), share=0.3), {"seed": 1}, tmp_path)
    assert load_asking(tmp_path).share == 0.3
    body = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(body | {"share": 0.9}))
    with pytest.raises(BundleError, match="its own SHA-256"):
        load_asking(tmp_path)
    (tmp_path / FILE).write_text(json.dumps(body))
    (tmp_path / WEIGHTS).write_bytes(b"another")
    with pytest.raises(BundleError, match="another grounder"):
        load_asking(tmp_path)
    (tmp_path / FILE).write_text("[1]")
    with pytest.raises(BundleError, match="cannot read"):
        load_asking(tmp_path)
    save_asking(Asking(weights=np.ones(2), share=0.3), {}, tmp_path)
    with pytest.raises(BundleError, match="holds weights"):
        load_asking(tmp_path)


def test_normal_form_is_what_it_reads(grounder: Grounder) -> None:
    assert Rewriter(grounder).read(normalise("Pick up the parcel."), STOREROOM).choices == (
        "brown parcel", "blue parcel",
    )  # fmt: skip
