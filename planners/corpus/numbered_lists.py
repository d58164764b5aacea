"""Lists with numbers or bullets: "1. walk to the shelf 2. turn left"."""

from __future__ import annotations

from planners.corpus.phrases import moves, phrase_table, phrases, said
from planners.corpus.references import TOUCHABLE, Speaker, join_steps
from planners.corpus.sentences import Action, Asked


def _entry(speaker: Speaker) -> tuple[str, tuple[str, ...]]:
    """Words of one entry, and its steps."""
    thing = speaker.thing()
    if thing is not None and speaker.chance(0.15):
        name = speaker.refer(thing) if speaker.chance(0.5) else thing.name
        walk = f"walk to the {thing.name}"
        if thing.kind == "button" and speaker.chance(0.6):
            return speaker.choose(said("press", "entries")).format(o=name), (walk, f"press the {thing.name}")
        if thing.kind in TOUCHABLE and speaker.chance(0.4):
            return speaker.choose(said("touch", "entries")).format(o=name), (walk, f"touch the {thing.name}")
        return speaker.choose(said("walk_to", "entries")).format(o=name), (walk,)
    if speaker.chance(0.12):
        text = speaker.choose(tuple(moves("shouts")))
        return speaker.choose(moves("shouts")[text]), (text,)
    action = speaker.action()
    return action.gerund if speaker.chance(0.06) else action.imperative, action.steps


def numbered(speaker: Speaker, bad: Action | None = None) -> Asked:
    """Two to five entries, each with a mark; `bad` among them makes the whole list impossible."""
    entries = [_entry(speaker) for _ in range(2 + int(speaker.rng.choice(4, p=[0.4, 0.4, 0.15, 0.05])))]
    if bad is not None:
        entries[int(speaker.rng.integers(len(entries)))] = (bad.imperative, ())
    style = "bullet" if speaker.chance(0.2) else "number"
    marks = speaker.choose(phrase_table("list_marks")[style]).split("|")
    if marks[0].startswith("1") and speaker.chance(0.3):
        marks = ["", *marks[1:]]
    gap = speaker.choose((" ", ". ", "; ", ", ", " ", ". "))
    text = gap.join(mark + words for mark, (words, _) in zip(marks, entries, strict=False)).strip(" +")
    if speaker.chance(0.25):
        text = f"{speaker.choose(phrases('list_intros'))} {text}"
    parts = [Action(steps=steps, imperative="", gerund="", participle="") for _, steps in entries]
    return text, join_steps(parts) if all(part.steps for part in parts) else ()
