"""What measures the planner is not what it was trained on; where it is in part, the share is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from planners.corpus.generator import Example
from planners.corpus.overlap import (
    SHIPPED,
    Shared,
    main,
    overlap,
    parse_runs,
    summarise,
    training_sentences,
)
from planners.corpus.runs import phrases_of, read_instructions
from planners.training import TrainConfig
from skillblend.errors import InputError

ROOT = Path(__file__).resolve().parents[4]
KNOWN = {
    "instructions.json": 18, "check.json": 11, "prohibitions.json": 22, "carry60/storeroom.json": 16,
    "carry60/workshop.json": 14,
}  # fmt: skip
"""Instructions that share five words in a row with today's generator at the adapter's seeds; others may not."""


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    return list(training_sentences(SHIPPED))


def frozen() -> list[Path]:
    """Files of instructions that nothing may be trained on."""
    found = [ROOT / "planners" / "data" / "check.json"]
    for path in sorted((ROOT / "tests" / "integration").rglob("*.json")):
        if "instructions" in json.loads(path.read_text(encoding="utf-8")):
            found.append(path)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("file", frozen(), ids=lambda path: path.name)
def test_no_more_is_shared_than_is_known(file: Path, sentences: list[str]) -> None:
    found = summarise(overlap(read_instructions(file), sentences))
    known = KNOWN.get(f"{file.parent.name}/{file.name}", KNOWN.get(file.name, 0))
    assert found["sharing"] <= known, found


@pytest.mark.slow
def test_the_seeds_are_those_of_the_training(sentences: list[str]) -> None:
    config = json.loads((ROOT / "models" / "planner" / "config.json").read_text(encoding="utf-8"))["training"]
    assert SHIPPED[-1] == (config["seed"], config["steps"])
    per_step = config["scenes"] * config["instructions"]
    assert len(sentences) == per_step * sum(steps for _, steps in SHIPPED) == 19440
    assert per_step == TrainConfig().scenes * TrainConfig().instructions


def test_sentences_are_those_of_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from planners import training

    said: list[str] = []
    encode_row: Callable[..., object] = training.encode_row

    def listen(tokenizer: object, index: int, example: Example) -> object:
        said.append(example.instruction)
        return encode_row(tokenizer, index, example)

    monkeypatch.setattr(training, "encode_row", listen)
    for step in range(2):
        training.make_batch(lambda text, add_special_tokens: {"input_ids": [1]}, TrainConfig(seed=7), step)  # type: ignore[arg-type]
    assert said == list(training_sentences([(7, 2)]))


def test_five_words_in_a_row_are_shared() -> None:
    asked = ["Go to the red marker, NOW!", "go to it", "walk on, then go to the red door"]
    found = overlap(asked, ["please go to the red marker", "go to it", "to the red marker go"])
    assert found == [
        Shared(instruction=asked[0], phrases=(2, 1), found="go to the red marker", verbatim=False),
        Shared(instruction=asked[1], phrases=(0, 0), found="", verbatim=True),
        Shared(instruction=asked[2], phrases=(4, 0), found="", verbatim=False),
    ]
    assert summarise(found) == {"instructions": 3, "sharing": 1, "verbatim": 1, "coverage": 0.167}
    assert phrases_of("one two three", 2) == [("one", "two"), ("two", "three")]
    assert overlap([asked[2]], ["then go to"], length=3)[0].found == "then go to"


def test_the_command_names_what_is_shared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = next(training_sentences([(7, 1)]))
    file = tmp_path / "suite.json"
    file.write_text(json.dumps({"instructions": [{"instruction": sentence}, {"instruction": "nothing like it"}]}))
    main(file, runs=("7:1",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"- {sentence}" and lines[1].strip() == "all of it"
    assert json.loads(lines[-1])["verbatim"] == 1


@pytest.mark.parametrize("text", ["", "[]", '{"instructions": []}', '{"instructions": [{}]}', '{"instructions": 3}'])
def test_files_without_instructions_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "suite.json").write_text(text)
    with pytest.raises(InputError, match=r"suite\.json"):
        read_instructions(tmp_path / "suite.json")


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    assert parse_runs(()) == SHIPPED
    for text in ("4", "4:0", "a:b", "-1:5"):
        with pytest.raises(InputError, match="SEED:STEPS"):
            parse_runs((text,))
    with pytest.raises(InputError, match="at least 1"):
        main(tmp_path, length=0)
