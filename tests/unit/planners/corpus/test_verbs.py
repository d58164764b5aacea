"""Labels come by lookup: a verb is refused while no behaviour does it, and a new behaviour relabels the corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import planners.corpus
from planners.corpus import lookup, phrases
from planners.corpus.generator import Example, sample_example, sample_scene
from planners.corpus.lookup import known_behaviours, step_of
from planners.corpus.phrases import IMPOSSIBLE, moves, new_verbs, plan_of, said, things_of, verbs
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import InputError, UnknownNameError
from skillblend.options import ground_options

TODAY = {
    "walk",
    "turn",
    "stand",
    "raise_hands",
    "walk_to",
    "press",
    "touch",
    "pick_up",
    "put_on",
    "put_in",
    "hand_to",
}
DEEDS = {"kick", "close", "crouch"}
ASIDE = {"push_left", "push_right"}
"""Verbs of one behaviour, which pushes to a side."""
"""What can be done, and is asked for by the file of its verb alone."""
COMING = {"put_down", "carry_to", "push", "push_to", "open", "step_onto"}


def examples(count: int) -> Iterator[tuple[tuple[Thing, ...], Example]]:
    for index in range(count):
        rng = np.random.default_rng([8, index])
        scene = sample_scene(rng)
        yield scene, sample_example(rng, scene)


@pytest.fixture
def kicking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A behaviour that kicks boxes, added where options are grounded."""

    def ground(scene: SceneState) -> list[Step]:
        boxes = [thing.name for thing in scene.things if thing.kind == "box"]
        kicks = [Step(text=f"kick the {name}", behaviour="kick", arguments=(name,)) for name in boxes]
        return [*kicks, *ground_options(scene)]

    monkeypatch.setattr(lookup, "ground_options", ground)
    monkeypatch.setattr(lookup, "known_behaviours", lambda: frozenset({*TODAY, "kick"}))


def test_every_behaviour_has_its_words() -> None:
    # no verb asks for these three by name: the first is two verbs, a reader knows the second, the last is two others
    assert known_behaviours() == TODAY | DEEDS | {"push_aside", "step_on", "together"}
    assert set(verbs()) == TODAY | DEEDS | ASIDE | COMING
    assert set(new_verbs()) == DEEDS | ASIDE | {"carry_to", "pick_up", "put_on", "put_in", "hand_to"}
    for verb in ("walk_to", "press", "touch"):
        assert all("{o}" in phrase for phrase in said(verb, "say"))


def test_words_of_verbs_to_come_fit_their_plans() -> None:
    for verb in DEEDS | ASIDE | COMING:
        count = things_of(verb)
        use = ("alone", "object", "two")[count]
        assert set(verbs()[verb]["words"]) <= {use, "tails", "bare"}
        for phrase in said(verb, use):
            assert phrase.split()[0].count("|") == 2, phrase
            assert [f"{{{letter}}}" in phrase for letter in "oxn"] == [count > 0, count > 1, False], phrase
        assert plan_of(verb)[-1][0] == verb or verb in ASIDE | {"carry_to"}  # which is done by what else there is
        assert {behaviour for behaviour, _ in plan_of(verb)} <= TODAY | DEEDS | COMING | {"push_aside"}


@pytest.mark.slow
def test_what_nobody_can_do_is_refused() -> None:
    lists = {name: phrases.phrases(name) for name in IMPOSSIBLE}
    assert not any(entry.startswith("@") for entries in lists.values() for entry in entries)
    assert "open|opening|opened {o}" in lists["impossible_with_object"]
    assert "open it" in lists["impossible_tails"]
    asked = [e for _, e in examples(3000) if e.topic == "impossible" and "open" in e.instruction]
    assert asked and all(example.plan == ("refuse",) for example in asked)


@pytest.mark.slow
@pytest.mark.usefixtures("kicking")
def test_a_new_behaviour_relabels_the_corpus() -> None:
    assert new_verbs() == ("carry_to", "hand_to", "kick", "pick_up", "put_in", "put_on")
    assert not any(entry.endswith("kicked {o}") for entry in phrases.phrases("impossible_with_object"))
    assert "kick it" not in phrases.phrases("impossible_tails")
    kicked, refused = 0, 0
    for scene, example in examples(4000):
        kinds = {thing.name: thing.kind for thing in scene}
        for at, step in enumerate(example.plan):
            if step.startswith("kick the "):
                kicked += 1
                assert kinds[step.removeprefix("kick the ")] == "box"
                assert step.replace("kick the ", "walk to the ") in example.plan[:at]
                assert "kick" in example.instruction or "mind" in example.instruction
        refused += example.plan == ("refuse",) and example.instruction.startswith("kick")
    assert kicked > 20
    assert refused > 1  # a table, or something that is not there


def test_a_verb_is_possible_where_its_whole_plan_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = TODAY - {"put_on", "put_in", "hand_to", "pick_up"}
    monkeypatch.setattr(lookup, "known_behaviours", lambda: frozenset({*bare, "put_on"}))
    assert new_verbs() == ()
    monkeypatch.setattr(lookup, "known_behaviours", lambda: frozenset({*bare, "put_on", "pick_up"}))
    assert new_verbs() == ("carry_to", "pick_up", "put_on")
    assert "pick|picking|picked {o} up" not in phrases.phrases("impossible_with_object")
    assert "carry|carrying|carried {o} to {x}" not in phrases.phrases("impossible_with_two")


def test_steps_are_looked_up_with_their_arguments() -> None:
    things = [Thing(name="red box", kind="box"), Thing(name="button", kind="button")]
    found = step_of("press", ["button"], things)
    assert found is not None and found.text == "press the button"
    assert step_of("press", ["red box"], things) is None
    assert step_of("raise_hands", [], things) is not None
    assert step_of("kick", ["red box"], things) is None


def test_a_verb_without_a_place_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = phrases.phrases("impossible_with_object")
    entry = {"behaviour": "zip_up", "plan": [["zip_up", 0]], "words": {"object": ["zip|zipping|zipped {o} up"]}}
    monkeypatch.setattr(phrases, "verbs", lambda: {**verbs(), "zip_up": entry})
    assert phrases.phrases("impossible_with_object") == (*before, "zip|zipping|zipped {o} up")


def test_unknown_words_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'press'"):
        said("pres", "say")
    with pytest.raises(UnknownNameError, match="did you mean 'wishes'"):
        said("press", "wish")
    with pytest.raises(UnknownNameError, match="did you mean 'shouts'"):
        moves("shout")
    (tmp_path / "verbs").mkdir()
    (tmp_path / "verbs" / "kick.json").write_text(json.dumps({"behaviour": "punch"}))
    monkeypatch.setattr(planners.corpus, "__path__", [str(tmp_path)])
    with pytest.raises(InputError, match=r"call it punch\.json"):
        verbs()
