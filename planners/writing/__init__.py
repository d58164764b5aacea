"""Planners whose language model writes the plan, by `METHOD:MODEL`.

MODEL is the folder of a Hugging Face causal language model, or the address of an OpenAI-compatible endpoint, with the
model's own name behind a `#`: `plan_and_solve:models/qwen`, `successive:http://127.0.0.1:8000/v1#qwen`. METHOD is a
file of `planners.methods`, or `score`: the model of a folder weighs the options as the shipped one does.
"""

from __future__ import annotations

from pathlib import Path

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.planner import Gold, ScoredPlanner, Variant
from planners.writing.asking import WritingPlanner, WrittenScorer
from planners.writing.endpoint import Endpoint, is_address, parse_address
from planners.writing.writer import TextModel
from skillblend.errors import InputError, UnknownNameError

SCORE = "score"
"""The method that weighs options instead of writing."""


def is_written(name: str) -> bool:
    """Whether a planner's name is one of these."""
    return ":" in name


def written(name: str) -> Variant:
    """The planner called `name`; nothing is loaded, nobody is connected to.

    Raises:
        UnknownNameError: No such method; near misses are suggested.
        InputError: The model is neither a folder that may hold one nor an address.
    """
    from planners.methods import METHODS

    method, _, where = name.partition(":")
    if method not in (*METHODS, SCORE):
        raise UnknownNameError("method", method, (*METHODS, SCORE))
    if is_address(where):
        parse_address(where)
        if method == SCORE:
            raise InputError(f"{name!r}: an endpoint writes, it weighs no options; choose one of {list(METHODS)}")
    else:
        check_folder(where, name)

    def load(gold: Gold) -> GroundedPlanner:
        del gold
        planner = _scored(name, Path(where)) if method == SCORE else _writing(name, method, where)
        return GroundedPlanner(planner, Grounder.load(), orders=False)

    return Variant(name=name, about=f"{method} with the language model at {where}", load=load)


def check_folder(where: str, name: str) -> None:
    """Refuse what cannot be the folder of a model.

    Raises:
        InputError: It cannot.
    """
    if not where or not (Path(where) / "config.json").is_file():
        raise InputError(
            f"planner {name!r}: no language model in {where!r}; needed is a folder with config.json, a tokenizer and "
            "weights as .safetensors, or an address such as http://127.0.0.1:8000/v1#NAME"
        )


def _scored(name: str, folder: Path) -> ScoredPlanner:
    from planners.language import LanguageScorer
    from planners.writing.local import load_completer

    return ScoredPlanner(name, LanguageScorer(load_completer(folder)))


def _writing(name: str, method: str, where: str) -> WritingPlanner:
    from planners.methods import METHODS

    return WritingPlanner(name, WrittenScorer(METHODS[method].make(_writer(where))))


def _writer(where: str) -> TextModel:
    if is_address(where):
        return Endpoint(where)
    from planners.writing.local import LocalWriter

    return LocalWriter.load(Path(where))
