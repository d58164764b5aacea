"""How much of a file of instructions the training sentences hold: ``python -m planners.corpus.overlap FILE``.

Instructions that measure a planner must not be what it was trained on. Two texts share a phrase when they have a
run of five words in common, after `planners.prompt.normalise`; a shorter text has none, but may be said word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planners.corpus.generator import sample_example, sample_scene
from planners.corpus.runs import LENGTH, Phrase, phrases_of, read_instructions, words
from skillblend.errors import InputError
from skillblend.files import json_text

Run = tuple[int, int]
"""Seed and steps of a training run."""

SHIPPED: tuple[Run, ...] = ((1, 180), (2, 200), (3, 200), (4, 500))
"""Runs that the shipped adapter was trained in. Source: docs/log-planner.md, models/planner/card.md."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What one instruction shares with the training sentences.

    Attributes:
        instruction: As typed.
        phrases: Its phrases, and how many of them are in some training sentence.
        found: The first one that is; empty where none is.
        verbatim: Whether the whole of it is a training sentence.
    """

    instruction: str
    phrases: tuple[int, int]
    found: str
    verbatim: bool


def training_sentences(runs: Iterable[Run], scenes: int = 3, instructions: int = 6) -> Iterator[str]:
    """What today's generator says at the seeds of `runs`, as `planners.training.make_batch` draws it."""
    for seed, steps in runs:
        for step in range(steps):
            for index in range(scenes):
                rng = np.random.default_rng([seed, step, index])
                objects = sample_scene(rng)
                for _ in range(instructions):
                    yield sample_example(rng, objects).instruction


def overlap(instructions: Sequence[str], sentences: Iterable[str], length: int = LENGTH) -> list[Shared]:
    """What each of `instructions` shares with any of `sentences`."""
    wanted = {phrase for text in instructions for phrase in phrases_of(text, length)}
    whole = {words(text) for text in instructions}
    seen: set[Phrase] = set()
    said: set[Phrase] = set()
    for sentence in sentences:
        found = words(sentence)
        if found in whole:
            said.add(found)
        seen.update(wanted.intersection(found[k : k + length] for k in range(len(found) - length + 1)))
    return [_shared(text, seen, said, length) for text in instructions]


def _shared(text: str, seen: set[Phrase], said: set[Phrase], length: int) -> Shared:
    own = phrases_of(text, length)
    common = [phrase for phrase in own if phrase in seen]
    return Shared(
        instruction=text,
        phrases=(len(own), len(common)),
        found=" ".join(common[0]) if common else "",
        verbatim=words(text) in said,
    )


def parse_runs(texts: Sequence[str]) -> tuple[Run, ...]:
    """Runs from ``"SEED:STEPS"``; those of the shipped adapter from nothing.

    Raises:
        InputError: Not such a text.
    """
    found: list[Run] = []
    for text in texts:
        match = re.fullmatch(r"(\d+):(\d+)", text)
        if match is None or not int(match[2]):
            raise InputError(f"run {text!r} must be SEED:STEPS, such as 4:500, with at least one step")
        found.append((int(match[1]), int(match[2])))
    return tuple(found) or SHIPPED


def summarise(found: Sequence[Shared]) -> dict[str, float]:
    """Counts over all instructions; `coverage` is the share of their phrases that are in some training sentence."""
    phrases = sum(shared.phrases[0] for shared in found)
    return {
        "instructions": len(found),
        "sharing": sum(bool(shared.found) for shared in found),
        "verbatim": sum(shared.verbatim for shared in found),
        "coverage": round(sum(shared.phrases[1] for shared in found) / max(phrases, 1), 3),
    }


def main(file: Path, runs: tuple[str, ...] = (), length: int = LENGTH) -> None:
    """Measure `file`, print what is shared, then one JSON line.

    Args:
        file: JSON with "instructions".
        runs: Training runs as SEED:STEPS; those of the shipped adapter if not given.
        length: Words in a row that make a phrase.
    """
    if length < 1:
        raise InputError(f"length {length} must be at least 1")
    found = overlap(read_instructions(file), training_sentences(parse_runs(runs)), length)
    for shared in found:
        if shared.found or shared.verbatim:
            print(f"- {shared.instruction}\n    {'all of it' if shared.verbatim else shared.found}")
    print(json_text(summarise(found)))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
