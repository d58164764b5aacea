"""Training rows of the interpreter: sentences of people in scenes whose things get other names each time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planners.corpus.generator import sample_example, sample_scene
from planners.corpus.held_out import is_held_out
from planners.corpus.lookup import possible_steps
from planners.interpreting.page import request_page, scene_page
from planners.interpreting.talk import ASK, FOLDER, Utterance, renamed, talk_scenes, without_serving
from planners.prompt import TERMINATOR, normalise
from planners.rows import IGNORED, TrainingRow, encode
from skillblend.contracts import SceneState
from skillblend.options import DONE, REFUSE

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Rng = np.random.Generator
RENAMED = 0.7
"""Share of scenes in which things get other names."""

GENERATED = 0.25
"""Share of scenes with plain requests of the planner's generator, so that those are not forgotten."""

LEFT_OUT = 0.15
"""Share of things that nobody spoke of which are left out of a scene."""


@dataclass(frozen=True, kw_only=True)
class TalkRow:
    """A sentence as it is learnt.

    Attributes:
        scene: Name of the scene.
        at, holding: As of `Utterance`.
        texts: Forms of the sentence that have the scene's names, whatever things are called.
        own: Forms in the person's own words, for scenes where things keep their names.
        steps: Texts of options, or ``("refuse",)``, or ``("ask",)``.
        keep: Things that must be there, though nobody speaks of them.
    """

    scene: str
    at: str
    holding: str
    texts: tuple[str, ...]
    own: tuple[str, ...]
    steps: tuple[str, ...]
    keep: tuple[str, ...] = ()


@cache
def other_names() -> Mapping[str, Sequence[str]]:
    """Names that a thing may get, by its kind."""
    return json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))


def draw_scene(rng: Rng, rows: Sequence[TalkRow], scene: SceneState) -> tuple[SceneState, dict[str, str]]:
    """`scene` with things in another order, some left out that no row speaks of; and what each is called."""
    spoken = " ".join(
        " ".join((*row.texts, *row.own, *row.steps, *row.keep, row.at, row.holding)).lower() for row in rows
    )
    under = {other for name in scene.names for other in scene.names if f"on({name}, {other})" in scene.facts}
    kept = [
        thing
        for thing in scene.things
        if thing.name.lower() in spoken or thing.name in under or rng.random() > LEFT_OUT
    ]
    kept = [kept[int(k)] for k in rng.permutation(len(kept))]
    names = {thing.name: thing.name for thing in scene.things}
    if rng.random() < RENAMED:
        taken: set[str] = set()
        for thing in scene.things:
            choice = [name for name in other_names().get(thing.kind, ()) if name not in taken]
            if choice:
                names[thing.name] = choice[int(rng.integers(len(choice)))]
            taken.add(names[thing.name])
    facts = frozenset(renamed_fact(fact, names) for fact in scene.facts)
    return replace(scene, things=tuple(replace(t, name=names[t.name]) for t in kept), facts=facts), names


def renamed_fact(fact: str, names: Mapping[str, str]) -> str:
    """A fact such as "on(mug, table)" with other names."""
    head, _, rest = fact.partition("(")
    return f"{head}({', '.join(names.get(part, part) for part in rest.removesuffix(')').split(', '))})"


def draw_text(rng: Rng, row: TalkRow, names: Mapping[str, str]) -> str:
    """One of the forms of `row`, with other names."""
    kept = all(a == b for a, b in names.items())
    forms = [*row.texts, *(row.own if kept or not row.texts else ())]
    text = forms[int(rng.integers(len(forms)))]
    return text if kept else renamed(text, names)


def encode_row(tokenizer: PreTrainedTokenizerBase, scene: int, request: str, steps: Sequence[str]) -> TrainingRow:
    """A request and its steps as tokens, with loss on the steps alone."""
    tokens = encode(tokenizer, request)
    labels = [IGNORED] * len(tokens)
    for line in (*steps, *([] if steps in ((REFUSE.text,), (ASK,)) else [DONE.text])):
        piece = encode(tokenizer, line + TERMINATOR)
        tokens += piece
        labels += piece
    return TrainingRow(scene=scene, tokens=tokens, labels=labels)


def make_batch(
    tokenizer: PreTrainedTokenizerBase, data: Mapping[str, Sequence[TalkRow]], scenes: int, instructions: int,
    seed: int, step: int,
) -> tuple[list[list[int]], list[TrainingRow]]:  # fmt: skip
    """Scenes and rows of one step, a function of the seed and `step` alone; scenes as often as rows have them."""
    pages: list[list[int]] = []
    found: list[TrainingRow] = []
    places = sorted(data)
    shares = np.array([len(data[place]) for place in places], dtype=float)
    for index in range(scenes):
        rng = np.random.default_rng([seed, step, index, 7])
        if rng.random() < GENERATED:
            scene, said = _generated(rng, instructions)
        else:
            place = places[int(rng.choice(len(places), p=shares / shares.sum()))]
            rows = [data[place][int(k)] for k in rng.integers(len(data[place]), size=instructions)]
            scene, names = draw_scene(rng, rows, talk_scenes()[place])
            said = [_drawn(rng, row, names) for row in rows]
        pages.append(encode(tokenizer, scene_page(scene)))
        found += [encode_row(tokenizer, index, request, steps) for request, steps in said]
    return pages, found


def _drawn(rng: Rng, row: TalkRow, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Request and steps of `row` where things are called `names`."""
    request = request_page(draw_text(rng, row, names), names.get(row.at, ""), names.get(row.holding, ""))
    return request, tuple(renamed(text, names) for text in row.steps)


def _generated(rng: Rng, instructions: int) -> tuple[SceneState, list[tuple[str, tuple[str, ...]]]]:
    """A scene of the planner's generator, and plain requests with their steps; many of them are to be refused."""
    scene = SceneState(things=sample_scene(rng))
    known = {step.text: step for step in possible_steps(scene.things)}
    said: list[tuple[str, tuple[str, ...]]] = []
    for _ in range(instructions):
        example = sample_example(rng, scene.things)
        steps = example.plan if example.plan == (REFUSE.text,) else without_serving(example.plan[:-1], known)
        said.append((request_page(example.instruction), steps))
    return scene, said


def save_rows(rows: Sequence[TalkRow], path: Path) -> None:
    """Keep `rows`."""
    from skillblend.files import write_json

    write_json(path, {"rows": [asdict(row) for row in rows]})


def load_rows(path: Path) -> dict[str, list[TalkRow]]:
    """Rows that were kept, by scene."""
    found: dict[str, list[TalkRow]] = {}
    for entry in json.loads(path.read_text(encoding="utf-8"))["rows"]:
        row = TalkRow(
            scene=str(entry["scene"]), at=str(entry["at"]), holding=str(entry["holding"]),
            texts=tuple(map(str, entry["texts"])), own=tuple(map(str, entry["own"])),
            steps=tuple(map(str, entry["steps"])), keep=tuple(map(str, entry["keep"])),
        )  # fmt: skip
        found.setdefault(row.scene, []).append(row)
    return found


def row_of(said: Utterance, texts: Sequence[str]) -> TalkRow:
    """What is learnt of `said`, which was read as each of `texts`; nothing that a frozen suite says."""
    spoken = {word for text in said.steps for word in talk_scenes()[said.scene].names if f" {word}" in text}
    spoken |= set(said.mentions)
    forms = tuple(dict.fromkeys(normalise(text) for text in (said.marked, *texts, said.raw) if text))
    forms = tuple(text for text in forms if not is_held_out(text))
    free = tuple(text for text in forms if all(name.lower() in text for name in spoken))
    return TalkRow(
        scene=said.scene, at=said.at, holding=said.holding, texts=free,
        own=tuple(text for text in forms if text not in free), steps=said.steps,
    )  # fmt: skip


VAGUE: Mapping[str, Sequence[str]] = {
    "table": ("the table", "that table", "a table", "the desk", "one of the tables"),
    "box": ("the parcel", "the package", "that box", "one of the parcels", "a parcel"),
    "item": ("that thing", "the thing", "something", "one of those things"),
    "marker": ("the marker", "the spot", "a marker", "that mark on the floor", "one of the markers"),
    "person": ("somebody", "one of them", "the person", "someone"),
}
"""What may be said of things of a kind so that nobody knows which of several is meant."""


def unclear_row(said: Utterance, rng: Rng) -> TalkRow | None:
    """A row in which one mention of `said` may mean several things, so that one has to ask; None where none can."""
    scene = talk_scenes()[said.scene]
    kinds = {thing.name: thing.kind for thing in scene.things}
    about = [kinds[name] for name in said.mentions]
    fit = [
        name for name in dict.fromkeys(said.mentions)
        if kinds[name] in VAGUE and list(kinds.values()).count(kinds[name]) > 1 and about.count(kinds[name]) == 1
        and any(f" {name}" in step for step in said.steps)
    ]  # fmt: skip
    if not fit or said.at or said.holding or not said.marked:
        return None
    name = fit[int(rng.integers(len(fit)))]
    words = VAGUE[kinds[name]][int(rng.integers(len(VAGUE[kinds[name]])))]
    text = normalise(said.marked).replace(f"the {name}", words).replace(name, words)
    keep = tuple(other for other, kind in kinds.items() if kind == kinds[name])
    if is_held_out(text) or any(other in text for other in keep):
        return None
    return TalkRow(scene=said.scene, at="", holding="", texts=(text,), own=(), steps=(ASK,), keep=keep)
