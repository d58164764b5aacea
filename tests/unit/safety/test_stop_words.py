"""Words that stop a robot, and lines that must not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillblend.contracts import SceneState
from skillblend.errors import SafetyError
from skillblend.options import ground_options
from skillblend.safety.instruction import check_instruction
from skillblend.safety.stop_words import STRONG, WEAK, is_stop, plain_words

HELD_OUT = Path(__file__).resolve().parents[2] / "integration" / "instructions.json"

STOPS = [
    "stop", "stop!", "Stop.", "STOP", "halt", "stop the robot", "freeze", "wait", "no no no", '\u200bstop',
    '\ufeffstop', '\u202estop', "stoooop", "STOPPP!!!", "s t o p", "S-T-O-P", "sotp", "stpo", "stp", "stop it",
    "stop now", "please stop", "make it stop", "oh no", "danger", "watch out", "look out", "not that", "stand down",
    '\x03', "停", "停下来", "alto", "arrête", "¡alto!", "stopp", "st0p", '\uff53\uff54\uff4f\uff50', "ѕtор",
    "stop! the box!", "stop at once", "wait, not there", "no not that one", "no", "don't", 'don\u2019t!', "abort",
    "cancel", "enough", "quit it", "cut it out", "hold", "hold on", "hold it", "easy", "emergency", "e-stop",
    "E-STOP!", "estop", "help!", "help", "pause", "cease", "kill", "kill it", "off", "turn it off",
    "for god's sake stop", "stopstopstop", "NONONO", "nooooo", "aaaah", "AAAAAHHH", "ouch", "you're hurting me",
    "that hurts", "it hurts", "!!!", "stop stop stop", "please please stop", "robot stop", "can you stop",
    "would you please stop", "hey stop", "I said stop", "ok stop", "just stop", "stop walking", "stop moving",
    "don't touch the box", "don't go there", "do not move", "never mind", "stand still", "hold still",
    "stay where you are", "stay", "haltt", "hlat", "wiat", "wiat!", "frezee", "abotr", "cancle", "top", "sto",
    "stpp", "stopo", "sstop", "s-stop", "st-stop", "Stop?", '"stop"', "'stop'", "*stop*", 'stop\n', '\tstop',
    "  stop  ", "stop,", 'stop\u2026', "STOP THE MACHINE", "emergency stop", "that's enough", "thats enough now",
    "shut down", "shut it down", "power off", "whoa", "woah there", "god stop", "jesus christ stop", "back off",
    "careful", "watch out for the box", "it's falling", "omg", "wtf are you doing", "no, the other one", "no wait",
    "please wait", "freeze right there", "stop that", "stopit", "stop robot", "stop H1", "Stop right there",
    "s.t.o.p", "stahp", "стоп", "СТОП", "стой!", "停!", "ストップ", "멈춰", "¡para!", "basta", "you must stop now",
    "it must stop", "you need to stop", "i want you to stop", "somebody stop it", "turn off", "cancel that", "undo",
    "abort mission", "hold up", "hang on", "hang on a second", "wait a moment", "wait wait wait", "eh stop",
    "ahh stop", "stop/", "/stop", ":stop", "-stop", "stop;", '\x1bstop', '\x00stop', 'stop\x00', "not so fast",
    "slow down", 's\u0336t\u0336o\u0336p\u0336', 's\u200bt\u200bo\u200bp', "stop.stop.stop", "STOP!!!!!1!!",
    "stop pls", "pls stop", "plz stop", "let go", "let go of me", "get off me", "get back", "go back",
    "kill the power", "pull the plug", "stop the damn thing", "don't do it", "don't do that", "dont", "dnot",
    "enough!", "ENOUGH", "quit", "break", "nope", "nein", "non", "terminate", "end it", "end", "stoppen",
    "stop the walk", "i need you to stop", "tell it to stop", "it should stop", "stop walking to the box",
    "red light", "hands off", "leave me alone", "go away", "stop or i'll scream", "stop immediately please",
    "immediately stop", "everyone stop", "all stop", "full stop", "hard stop", "Stop, stop, STOP", "soft stop",
    "oh my god", "oh god", "oh shit", "shit", "fuck", "fuck stop", "stop fucking moving", "what are you doing",
    "wrong way", "wrong", "no!!!", "nO", "n o", "no no", "noo", "nooo", "wait!!", "waaait", "hollld", "stooop it",
]  # fmt: skip

GOES_ON = [
    "walk to the marker and stop there", "walk to the red marker", "turn left", "go to the box, then stop",
    "raise both hands", "explain", "options", "reset", "press the button and wait", "step to the left",
    "don't stop", "do not stop", "never stop", "don't stop until you reach the marker", "keep going", "continue",
    "carry on", "faster", "what is this", "touch the top of the box", "", "   ", "hello", "hi", "thanks", "good",
    "stand on the red marker", "walk on", "turn around and halt", "put your hands up", "hands up", "yes", "ok",
    "go on", "nice", "spot the box", "note the box", "walk two metres and pause", "want you to turn left",
    "half a metre forward", "now turn right", "you can go on", "don't wait for me", "another step",
    "notice the shelf", "know", "now", "north", "holding the box", "come to me", "head to the wall", "which way",
    "nod",
]  # fmt: skip

SAYS_ONLY_STOP = [
    "stop", "stop!", "Stop.", "halt", "freeze", "wait", "no no no", "no", '\u200bstop', "stop the robot",
    "please stop", "stop it", "sotp", "STOPPP!!!", "stop now", "s t o p", "停", "alto", "abort", "cancel",
    "emergency stop", "enough", "whoa", "hold on", "hold it", "stop moving", "stop robot", "pause", "watch out",
    "oh no", "don't", "cut it out", "e-stop", "estop", "make it stop", "that's enough", "stand down",
    "stop stop stop", "please wait",
]  # fmt: skip

IS_AN_INSTRUCTION = [
    "stop at the marker", "wait here for 3 seconds", "hold your hands up", "freeze in front of the shelf",
    "walk to the red marker", "stand still", "hold still", "stay where you are", "don't touch the box",
    "no, walk to the blue one", "don't move", "turn left", "help", "go to the shelf and stop",
    "wait at the blue marker", "hold both hands up", "pause at the shelf", "stop in front of the box",
    "raise both hands", "step back", "stop on the red marker", "stay here", "wait 3 seconds", "halt at the button",
    "no walking", "never touch the box", "back up a metre", "turn off the light", "emergency button", "hands up!",
    "walk", "move", "press the stop button", "stop sign", "wait for me at the shelf", "easy: go to the box",
    "hey walk on", "step", "take a step back", "pause for two seconds", "can you walk", "red marker",
    "1) red marker", "touch it", "turn around now", "go there", "half a metre back", "is it on",
    "enough walking, turn left", "stop by the shelf", "stop pressing the button", "hold the box",
    "wait until i say so", "hit the button",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_what_a_frightened_person_types_stops_a_moving_robot(text: str) -> None:
    assert is_stop(text, moving=True)


@pytest.mark.parametrize("text", GOES_ON)
def test_nothing_else_stops_it_by_accident(text: str) -> None:
    assert not is_stop(text, moving=True)


@pytest.mark.parametrize("text", SAYS_ONLY_STOP)
def test_where_nothing_moves_a_line_that_only_stops_is_no_instruction(text: str) -> None:
    assert is_stop(text, moving=False)
    assert is_stop(text, moving=True)


@pytest.mark.parametrize("text", IS_AN_INSTRUCTION)
def test_where_nothing_moves_stopping_somewhere_is_an_instruction(text: str) -> None:
    assert not is_stop(text, moving=False)


def test_options_and_held_out_instructions_are_never_taken_for_stop_where_nothing_moves() -> None:
    held_out = [item["instruction"] for item in json.loads(HELD_OUT.read_text())["instructions"]]
    assert [
        text
        for text in (*held_out, *(step.text for step in ground_options(SceneState())[:-2]))
        if is_stop(text, moving=False)
    ] == []


def test_every_word_of_the_list_stops_alone_shouted_and_with_something_behind_it() -> None:
    for word in STRONG | WEAK:
        for line in (word, f"{word.upper()}!!!", f"\u200b{word}, the box", f"please {word}"):
            assert is_stop(line, moving=True), line


def test_an_instruction_that_only_stops_is_refused_with_the_reason() -> None:
    with pytest.raises(SafetyError, match="nothing is going on"):
        check_instruction("Halt!")
    assert check_instruction("stop at the red marker") == "stop at the red marker"


def test_words_are_what_one_sees() -> None:
    assert plain_words("\u202e \u0405to\u0440\u0301, the ROBOT\u2019s") == ["stop", "the", "robots"]
    assert plain_words("W A I T") == ["wait"]
    assert plain_words("\x00?!") == []
