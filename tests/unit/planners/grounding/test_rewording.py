"""Words of an instruction become the scene's names, or a question, or are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planners.grounding.deeds import read_deeds
from planners.grounding.grounder import FOLDER, Grounder, Sense
from planners.grounding.linking import Phrase, can_mean, name_of, phrase_of
from planners.grounding.looks import look_of, other_look, same_look
from planners.grounding.mentions import Finder, singular
from planners.grounding.rewording import Rewording, Rewriter
from planners.prompt import normalise
from planners.retrieval import find_encoder
from sim import scenes
from skillblend.contracts import SceneState, Thing
from skillblend.errors import BundleError

WORKSHOP = scenes.load("workshop").state
STOREROOM = scenes.load("storeroom").state


@pytest.fixture(scope="module")
def rewriter() -> Rewriter:
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    return Rewriter(Grounder.load())


def read(rewriter: Rewriter, text: str, scene: SceneState = WORKSHOP) -> Rewording:
    return rewriter.read(normalise(text), scene)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("head to the ruby spot", "head to the red marker"),
        ("tap the steel desk", "tap the metal table"),
        ("get to the book rack", "get to the shelf"),
        ("walk to the bookshelf, touch it", "walk to the shelf, touch the shelf"),
        ("touch both tables", "touch the wooden table and the metal table"),
        ("visit all the markers but the red one", "visit the blue marker"),
        ("go to every marker, starting with the blue one", "go to the blue marker and the red marker"),
        ("touch the table that isn't wooden", "touch the metal table"),
        ("stand on the navy disc, then on the other one", "stand on the blue marker, then on the red marker"),
        ("touch the cardboard carton", "touch the box"),
        ("touch the table with the box on it", "touch the wooden table"),
        ("walk to the red marker and wait", "walk to the red marker and wait"),
        ("there are two tables here, go to the steel one", "there are two tables here, go to the metal table"),
        ("rotate a quarter circle clockwise", "rotate a quarter circle clockwise"),
        ("is the shelf made of wood", "is the shelf made of wood"),
        ("the sky is blue and the lights are off, turn left", "the sky is blue and the lights are off, turn left"),
        ("there is a box on the shelf; don't touch it", "there is the box on the shelf; don't touch it"),
        ("make me a sandwich", "make me a sandwich"),
        ("do me a favour and turn left", "do me a favour and turn left"),
    ],
)
def test_workshop(rewriter: Rewriter, text: str, meant: str) -> None:
    found = read(rewriter, text)
    assert found.text == meant and not found.why
    assert bool(found.notes) == (meant != text) or "it" in text


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("go to the table", ("wooden table", "metal table")),
        ("touch the desk, please", ("wooden table", "metal table")),
        ("stand on the spot", ("red marker", "blue marker")),
    ],
)
def test_unclear_words_are_a_question(rewriter: Rewriter, text: str, choices: tuple[str, ...]) -> None:
    found = read(rewriter, text)
    assert found.choices == choices and all(f"the {choice}" in found.why for choice in choices)


@pytest.mark.parametrize("text", ["go to the green marker", "press the glass button", "touch the leather table"])
def test_what_is_here_otherwise_alone_is_named_as_missing(rewriter: Rewriter, text: str) -> None:
    found = read(rewriter, text)
    assert found.absent and found.absent[0] in text and not found.choices


def test_what_was_said_before_and_where_the_robot_is_decide(rewriter: Rewriter) -> None:
    at_table = SceneState(things=WORKSHOP.things, facts=frozenset({"at(metal table)"}))
    assert read(rewriter, "touch the table you're at", at_table).text == "touch the metal table"
    assert read(rewriter, "touch it", at_table).text == "touch the metal table"
    assert read(rewriter, "press the button and come back here", at_table).text.endswith(
        "come back to the metal table"
    )
    assert read(rewriter, "walk to the metal table and touch the table").text.endswith("touch the metal table")
    there = SceneState(things=WORKSHOP.things, facts=frozenset({"at(red marker)"}))
    assert read(rewriter, "go to the other marker", there).text == "go to the blue marker"


def test_a_note_says_what_was_read_as_what(rewriter: Rewriter) -> None:
    assert read(rewriter, "go to the crimson dot").notes == ("read 'the crimson dot' as the red marker (1.00)",)
    assert read(rewriter, "touch both parcels", STOREROOM).text == "touch the brown parcel and the blue parcel"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sashay across to the shelf", "walk to the shelf"),
        ("plant yourself on the red marker", "walk to the red marker"),
        ("rest a palm against the metal table", "touch the metal table"),
        ("mash the button", "press the button"),
        ("prod box", "touch the box"),
        ("prod the button", "press the button"),
        ("before you amble over to the shelf, poke the box", "before you walk to the shelf, touch the box"),
        ("jogging to the blue marker", "walking to the blue marker"),
        ("step onto the red marker", "walk to the red marker"),
        ("step onto the box", "step onto the box"),
        ("whack the shelf", "whack the shelf"),
        ("throw yourself at the shelf", "throw yourself at the shelf"),
        ("keep your hands on the shelf", "keep your hands on the shelf"),
        ("pirouette to the right", "turn to the right"),
        ("chill for a moment, then sidestep left", "wait for a moment, then step to the left"),
    ],
)
def test_other_verbs(text: str, meant: str) -> None:
    found, notes = read_deeds(text, WORKSHOP)
    assert found == meant and bool(notes) == (text != meant)


def test_looks_are_a_list() -> None:
    assert look_of("crimson") == look_of("reddish") == look_of("dark-red") == ("colour", "red")
    assert look_of("shelf") is None
    assert same_look("crimson", "red") and same_look("oak", "wooden") and not same_look("oak", "pine")
    assert other_look("green", "red") and other_look("oak", "pine") and not other_look("green", "wooden")


def test_phrases() -> None:
    assert phrase_of(("dark-red", "floor", "marker")) == Phrase(("dark-red",), "floor marker")
    assert phrase_of(("red",)).noun == "one" and phrase_of(("red",)).plain == "red"
    assert name_of(Thing(name="yellow square", kind="marker")) == Phrase(("yellow",), "square")
    assert can_mean("dot", "marker", "marker") and not can_mean("dot", "shelf", "shelf")


def test_mentions_are_found() -> None:
    finder = Finder(("red marker", "shelf", "box"))
    found = finder.find("go to the dusty shelf, then prod box and all the markers")
    assert [(m.words, m.plural) for m in found] == [
        (("dusty", "shelf"), False), (("prod", "box"), False), (("marker",), True)
    ]  # fmt: skip
    assert finder.find("turn left, please, and wait a moment") == []
    assert [singular(w) for w in ("boxes", "shelves", "people", "bus")] == ["box", "shelf", "person", "bus"]


def test_a_name_needs_no_encoder() -> None:
    class Never:
        def embed(self, texts: object) -> np.ndarray:
            raise AssertionError(texts)

    grounder = Grounder.load(Never())
    sense = grounder.senses([phrase_of(("red", "marker"))], WORKSHOP.things)[0]
    assert sense.none == 0.0 and WORKSHOP.things[sense.best].name == "red marker"


def test_fitting_leaves_out_what_is_much_worse() -> None:
    likely = np.array([0.6, 0.3, 0.05])
    sense = Sense(likely=likely, none=0.05, alone=np.array([0.9, 0.8, 0.5]))
    assert sense.fitting() == [0, 1] and sense.fitting(0.0) == [0, 1] and sense.best == 0


def test_a_damaged_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot read the grounder"):
        Grounder.load(folder=tmp_path)
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "head.safetensors").write_bytes(b"x" + (FOLDER / "head.safetensors").read_bytes()[1:])
    with pytest.raises(BundleError, match="does not match its SHA-256"):
        Grounder.load(folder=tmp_path)
