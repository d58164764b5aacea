"""Generated pairs are reproducible, possible in their scene, and in the order that the words say."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from planners.corpus.generator import sample_example, sample_scene, with_failures
from planners.corpus.noise import mistype, wrap
from planners.corpus.numbered_lists import numbered
from planners.corpus.phrases import phrase_table, phrases
from planners.corpus.references import Speaker, join_steps, split_distance
from planners.corpus.requests import TOPICS, absent_thing, impossible_action
from planners.corpus.sentences import compose, inflect, merge
from planners.prompt import FAILED, plural
from skillblend.contracts import SceneState, Thing
from skillblend.errors import UnknownNameError
from skillblend.options import ground_options


def examples(count: int):
    for index in range(count):
        rng = np.random.default_rng([5, index])
        scene = sample_scene(rng)
        yield scene, sample_example(rng, scene)


def test_every_plan_ends() -> None:
    topics: Counter[str] = Counter()
    refused = 0
    for _, example in examples(1500):
        assert {line.removesuffix(FAILED) for line in example.lines} <= {*example.plan, "refuse"}
        assert example.plan == ("refuse",) or (example.plan[-1] == "done" and len(example.plan) > 1)
        assert "refuse" not in example.plan[1:]
        assert example.instruction.strip()
        assert "{" not in example.instruction
        topics[example.topic] += 1
        refused += example.plan[0] == "refuse"
    assert set(topics) == set(TOPICS)
    assert 0.15 < refused / 1500 < 0.4


def test_the_corpus_is_the_golden_one(golden: Callable[..., None]) -> None:
    """Its digest and its first pairs: a change of the corpus is a decision, and means another adapter."""
    digest = hashlib.sha256()
    first: list[Any] = []
    for scene, made in examples(3000):
        row = [[[thing.name, thing.kind] for thing in scene], made.topic, made.instruction, made.lines]
        digest.update(json.dumps(row).encode())
        first += [row] if len(first) < 12 else []
    golden("planner_corpus", {"pairs": 3000, "sha256": digest.hexdigest(), "first": first})


def test_scenes_have_distinct_names() -> None:
    for scene, _ in examples(200):
        assert len({thing.name for thing in scene}) == len(scene) >= 1


def test_every_kind_of_request_asks_for_options_alone() -> None:
    """Before the generator drops what is no option: there is nothing to drop."""
    for seed in range(150):
        rng = np.random.default_rng([6, seed])
        scene = sample_scene(rng)
        texts = {step.text for step in ground_options(SceneState(things=tuple(scene)))}
        for name, (_, make) in TOPICS.items():
            made = make(Speaker(rng, scene))
            assert made is None or set(made[1]) <= texts, (name, made)


def test_a_hand_is_used_where_the_robot_stands() -> None:
    """What is pressed or touched was walked to, and nothing led away in between."""
    for _, example in examples(1500):
        here = ""
        for step in example.plan:
            if step.startswith("walk to the "):
                here = step.removeprefix("walk to the ")
            elif step.startswith(("walk", "step")):
                here = ""
            elif step.startswith(("press the ", "touch the ")):
                assert step.split(" the ", 1)[1] == here, example


def test_what_a_plan_is_about_is_mentioned() -> None:
    """The words hold part of the name, the kind, or another word for it; a typing error may hide one now and then."""
    made = [(scene, example) for scene, example in examples(1500) if example.plan[0] != "refuse"]
    silent: list[str] = []
    for scene, example in made:
        words = set(re.findall(r"[a-z]+", example.instruction.lower()))
        about = {step.split(" the ", 1)[1] for step in example.plan if step.startswith(("walk to the", "press the"))}
        for thing in scene:
            if thing.name in about and not words & names_of(thing):
                silent.append(f"{thing.name}: {example.instruction}")
    assert len(silent) <= 0.02 * len(made), silent


def names_of(thing: Thing) -> set[str]:
    """Every word that may mean it, in both numbers."""
    described, _, noun = thing.name.rpartition(" ")
    texts = [thing.name, thing.kind, plural(thing.kind), plural(noun), *phrase_table("synonyms")[thing.kind]]
    texts += phrase_table("made_of").get(described, ())
    return {word for text in texts for word in text.split()} - {"the", "of", "a"}


def test_two_actions_keep_their_order_in_every_template() -> None:
    first = inflect("press|pressing|pressed it", ["press"])
    second = inflect("turn|turning|turned left", ["turn"])
    for template in phrases("pairs"):
        assert "{a" in template and "{b" in template, template
    for template in phrases("triples"):
        assert all(f"{{{letter}" in template for letter in "abc"), template
    text, imperative = compose([first, second], np.random.default_rng(0))
    assert "press" in text and "turn" in text
    assert isinstance(imperative, bool)
    assert join_steps([first, second]) == ("press", "turn")


@pytest.mark.parametrize("templates", ["either", "forbid", "routes"])
def test_every_template_names_both_sides(templates: str) -> None:
    for template in phrases(templates):
        assert template.count("{") >= 2, template


def test_states_reach_the_sentences() -> None:
    first = inflect("press|pressing|pressed it", ["press it"], state="it has been pressed")
    second = inflect("wait|waiting|waited", ["stand still"])
    rng = np.random.default_rng(0)
    said = [compose([first, second], rng)[0] for _ in range(400)]
    assert any("it has been pressed" in text for text in said)


def test_three_actions_may_be_said_as_two() -> None:
    actions = [inflect(f"{w}|{w}ing|{w}ed", [w]) for w in ("push", "turn", "rest")]
    rng = np.random.default_rng(0)
    said = [compose(actions, rng)[0] for _ in range(400)]
    assert any("pushing and turning" in text for text in said)
    assert merge(actions[0], actions[1]).steps == ("push", "turn")


def test_a_synonym_means_one_object_only() -> None:
    markers = tuple(Thing(name=f"{colour} marker", kind="marker") for colour in ("red", "blue"))
    speaker = Speaker(np.random.default_rng(0), (*markers, Thing(name="blue dot", kind="marker")))
    assert all(speaker.synonym(markers[0]).startswith("red ") for _ in range(50))
    assert "blue dot" not in {speaker.synonym(markers[1]) for _ in range(50)}
    table = Thing(name="wooden table", kind="table")
    names = {Speaker(np.random.default_rng(i), (table,)).synonym(table) for i in range(50)}
    assert {"table made of wood", "wooden desk"} <= names


def test_lists_with_an_impossible_entry_are_refused() -> None:
    bad = inflect("fly|flying|flown", ())
    for seed in range(30):
        speaker = Speaker(np.random.default_rng(seed), (Thing(name="box", kind="box"),))
        text, steps = numbered(speaker, bad)
        assert "fly" in text
        assert steps == ()
        assert numbered(speaker)[1]


@pytest.mark.parametrize("count", [0, 5])
def test_compose_takes_one_to_four(count: int) -> None:
    action = inflect("wait|waiting|waited", ["stand still"])
    with pytest.raises(ValueError, match="1 to 4"):
        compose([action] * count, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("metres", "forward", "expected"),
    [
        (0.5, True, ["walk forward half a metre"]),
        (3.0, True, ["walk forward two metres", "walk forward one metre"]),
        (1.5, False, ["walk backward one metre", "walk backward half a metre"]),
        (2.0, False, ["walk backward one metre", "walk backward one metre"]),
    ],
)
def test_distances_are_split(metres: float, forward: bool, expected: list[str]) -> None:
    assert split_distance(metres, forward=forward) == expected


def test_a_walk_to_where_the_robot_stands_is_left_out() -> None:
    go = inflect("go|going|gone there", ["walk to the box"])
    touch = inflect("touch|touching|touched it", ["walk to the box", "touch the box"])
    turn = inflect("turn|turning|turned left", ["turn left"])
    back = inflect("reverse|reversing|reversed", ["walk backward one metre"])
    assert join_steps([go, turn, touch]) == ("walk to the box", "turn left", "touch the box")
    assert join_steps([go, back, touch])[2] == "walk to the box"


def test_failures_are_retried_once_and_then_given_up() -> None:
    plan = ("walk to the box", "touch the box", "done")
    seen = {with_failures(np.random.default_rng(seed), plan, 1.0) for seed in range(60)}
    assert seen == {
        ("walk to the box (failed)", *plan),
        ("walk to the box", "touch the box (failed)", "touch the box", "done"),
        ("walk to the box (failed)", "walk to the box (failed)", "refuse"),
        ("walk to the box", "touch the box (failed)", "touch the box (failed)", "refuse"),
    }
    assert with_failures(np.random.default_rng(0), ("refuse",), 1.0) == ("refuse",)
    assert with_failures(np.random.default_rng(0), plan, 0.0) == plan


def test_impossible_actions_have_no_steps_and_absent_things_are_absent() -> None:
    rng = np.random.default_rng(1)
    for scene, _ in examples(100):
        speaker = Speaker(rng, scene)
        assert impossible_action(speaker).steps == ()
        assert absent_thing(speaker).name not in {thing.name for thing in scene}


def test_short_references_are_clear() -> None:
    scene = (
        Thing(name="red marker", kind="marker"),
        Thing(name="blue marker", kind="marker"),
        Thing(name="oak desk", kind="table"),
    )
    speaker = Speaker(np.random.default_rng(0), scene)
    assert {speaker.short(scene[0]) for _ in range(100)} == {"red marker"}
    assert {speaker.short(scene[2]) for _ in range(100)} == {"oak desk", "desk", "table"}


def test_wrapping_keeps_the_request_and_typing_errors_change_one_word() -> None:
    speaker = Speaker(np.random.default_rng(0), ())
    for _ in range(50):
        assert "turn left" in wrap(speaker, "turn left", True)
        changed = mistype(speaker, "press the button")
        assert sum(a != b for a, b in zip(changed.split(), ["press", "the", "button"], strict=True)) <= 1
    assert mistype(speaker, "go to it") == "go to it"


def test_unknown_phrases_are_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'routes'"):
        phrases("route")
    with pytest.raises(UnknownNameError, match="did you mean 'nouns'"):
        phrase_table("noun")
