"""Sentences of people and what is learnt from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planners.corpus.held_out import is_held_out
from planners.corpus.lookup import possible_steps
from planners.interpreting import batches
from planners.interpreting.batches import (
    TalkRow,
    draw_scene,
    draw_text,
    load_rows,
    make_batch,
    row_of,
    save_rows,
    unclear_row,
)
from planners.interpreting.page import request_page, scene_page, whereabouts
from planners.interpreting.talk import FOLDER, read_line, read_lines, renamed, talk_scenes, without_serving
from planners.rows import IGNORED
from skillblend.errors import InputError

LINE = "kitchen | at bell | could [the cup=mug] find its way to [anna=anna]? | pick up the mug; hand the mug to anna"


def text_of(tokens: list[int]) -> str:
    return "".join(map(chr, tokens))


def test_a_line_is_read() -> None:
    said = read_line(LINE, "here")
    assert (said.scene, said.at, said.holding) == ("kitchen", "bell", "")
    assert said.raw == "could the cup find its way to anna?"
    assert said.marked == "could the mug find its way to anna?"
    assert said.mentions == ("mug", "anna")
    assert said.steps == ("pick up the mug", "hand the mug to anna")
    assert "at(bell)" in said.start(talk_scenes()["kitchen"]).facts


def test_several_things_in_one_mention_have_no_name() -> None:
    said = read_line(
        "workshop | - | feel [both tables=wooden table+metal table] | touch wooden table; touch metal table", ""
    )
    assert said.marked == "" and said.mentions == ("wooden table", "metal table")
    assert said.steps == ("touch the wooden table", "touch the metal table")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("kitchen | - | hello", "is not 'scene | start"),
        ("cellar | - | hello | refuse", "of a known scene"),
        ("kitchen | on bell | hello | refuse", "start 'on bell'"),
        ("kitchen | at moon | hello | refuse", "start 'at moon'"),
        ("kitchen | - | [the moon=moon] | refuse", "has no 'moon'"),
        ("kitchen | - | hello | fly to the bell", "'fly to the bell' is no option"),
        ("kitchen | - | hello | ;", "no steps"),
    ],
)
def test_a_line_that_is_wrong_is_named(line: str, found: str) -> None:
    with pytest.raises(InputError, match="here:3: .*") as error:
        read_line(line, "here:3")
    assert found in str(error.value)


def test_all_shipped_sentences_can_be_read() -> None:
    """None has five words in a row of a frozen suite."""
    files = sorted(FOLDER.glob("*.txt"))
    said = [one for file in files for one in read_lines(file)]
    assert len(said) > 3000 and {one.scene for one in said} == set(talk_scenes())
    assert sum(one.steps == ("refuse",) for one in said) > 300
    assert not [one.raw for one in said if is_held_out(one.raw)]
    assert max(len(one.steps) for one in said) >= 8


def test_walks_that_serve_the_next_step_are_left_out() -> None:
    known = {step.text: step for step in possible_steps(talk_scenes()["kitchen"].things)}
    steps = ("walk to the bell", "walk to the mug", "pick up the mug", "walk to the anna", "hand the mug to anna")
    assert without_serving(steps, known) == ("walk to the bell", "pick up the mug", "hand the mug to anna")


def test_other_names_are_whole_words_and_change_places() -> None:
    names = {"red marker": "blue marker", "blue marker": "red marker", "tin": "cup"}
    assert renamed("From the red marker to the blue marker, Martin, tin", names) == (
        "from the blue marker to the red marker, martin, cup"
    )


def test_a_form_that_lacks_a_name_is_for_its_own_scene_alone() -> None:
    row = row_of(read_line(LINE, ""), ("could the mug find its way to anna", "hand the thing to anna"))
    assert row.texts == ("could the mug find its way to anna",)
    assert row.own == ("hand the thing to anna", "could the cup find its way to anna")


def test_steps_are_options_of_the_scene_that_is_drawn() -> None:
    scene = talk_scenes()["kitchen"]
    row = row_of(read_line(LINE, ""), ())
    different = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        drawn, names = draw_scene(rng, [row], scene)
        text = draw_text(rng, row, names)
        different += any(a != b for a, b in names.items())
        assert {names[n] for n in ("mug", "anna", "bell", "kitchen counter")} <= set(drawn.names)
        assert len(set(drawn.names)) == len(drawn.names)
        options = {step.text for step in possible_steps(drawn.things)}
        assert {renamed(step, names) for step in row.steps} <= options
        assert names["mug"] in text or "cup" in text
        assert f"{names['mug']} on {names['kitchen counter']}" in scene_page(drawn)
    assert 10 < different < 30


def test_the_page_says_where_the_robot_is_and_what_it_holds() -> None:
    said = read_line("kitchen | holding mug | give it to [anna=anna] | hand the mug to anna", "")
    scene = said.start(talk_scenes()["kitchen"])
    assert whereabouts(scene) == ("", "mug")
    assert request_page("Give it to anna!", *whereabouts(scene)) == "Held: mug\nTask: give it to anna\n"
    assert scene_page(scene).splitlines()[1].startswith("Lying: cereal box on kitchen counter")


def test_a_batch_depends_on_seed_and_step_alone_and_only_steps_carry_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokenizer: Any
) -> None:
    monkeypatch.setattr(batches, "GENERATED", 0.0)
    rows = [row_of(read_line(LINE, ""), ()), row_of(read_line("kitchen | - | sing | refuse", ""), ())]
    save_rows(rows, tmp_path / "rows.json")
    data = load_rows(tmp_path / "rows.json")
    assert data == {"kitchen": rows}
    first = make_batch(tokenizer, data, 2, 3, 5, 1)
    assert first == make_batch(tokenizer, data, 2, 3, 5, 1)
    assert first != make_batch(tokenizer, data, 2, 3, 5, 2)
    assert len(first[0]) == 2 and [row.scene for row in first[1]] == [0, 0, 0, 1, 1, 1]
    for row in first[1]:
        learnt = text_of([token for token, label in zip(row.tokens, row.labels, strict=True) if label != IGNORED])
        assert learnt == "refuse\n" or (learnt.startswith("pick up the ") and learnt.endswith("\ndone\n"))
        assert text_of(row.tokens).endswith(learnt)


def test_a_sentence_can_be_said_unclearly() -> None:
    """One of its things gets a name that fits several, all of which stay in the scene."""
    line = "kitchen | - | ring [the bell=bell], then to [the white=white marker] | press bell; walk to white marker"
    said = read_line(line, "")
    rng = np.random.default_rng(0)
    row = unclear_row(said, rng)
    assert row is not None and row.steps == ("ask",) and set(row.keep) == {"white marker", "black marker"}
    assert row.texts[0].startswith("ring the bell, then to ") and "white" not in row.texts[0]
    for _ in range(20):
        drawn, names = draw_scene(rng, [row], talk_scenes()["kitchen"])
        assert {names[name] for name in row.keep} <= set(drawn.names)
    assert unclear_row(read_line("kitchen | - | ring [the bell=bell] | press the bell", ""), rng) is None
    assert unclear_row(read_line("kitchen | at bell | to [it=white marker] | walk to white marker", ""), rng) is None


def test_plain_requests_are_not_forgotten(monkeypatch: pytest.MonkeyPatch, tokenizer: Any) -> None:
    """Scenes of the generator come between; walks that serve the next step are left out there as well."""
    monkeypatch.setattr(batches, "GENERATED", 1.0)
    _, rows = make_batch(tokenizer, {"kitchen": []}, 6, 8, 5, 1)
    plans = [
        text_of([t for t, label in zip(row.tokens, row.labels, strict=True) if label != IGNORED]) for row in rows
    ]
    assert len(plans) == 48 and all(plan == "refuse\n" or plan.endswith("\ndone\n") for plan in plans)
    assert 5 < plans.count("refuse\n") < 40
    pressed = [plan for plan in plans if plan.startswith("press the ")]
    assert pressed and not any(f"walk to {plan.split(chr(10))[0][6:]}\npress" in plan for plan in pressed)


def test_a_row_keeps_what_it_is() -> None:
    row = TalkRow(scene="kitchen", at="", holding="", texts=(), own=("hi",), steps=("refuse",))
    rng = np.random.default_rng(0)
    assert draw_text(rng, row, {"mug": "cup"}) == "hi"
