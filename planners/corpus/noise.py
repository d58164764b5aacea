"""Politeness, small talk and typing errors around a request; none of it changes the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planners.corpus.phrases import phrases

if TYPE_CHECKING:
    from planners.corpus.references import Speaker


def wrap(speaker: Speaker, text: str, imperative: bool, gerund: str = "") -> str:
    """`text` with what people say around a request."""
    if gerund and speaker.chance(0.04):
        return speaker.choose(phrases("mind")).format(gerund)
    if imperative and speaker.chance(0.3):
        text = speaker.choose(phrases("before_imperative")) + " " + text
    if speaker.chance(0.2):
        text = speaker.choose(phrases("before_any")) + " " + text
    if speaker.chance(0.06):
        text = speaker.choose(phrases("small_talk")) + " " + text
    if speaker.chance(0.15):
        text += speaker.choose(phrases("after"))
    return text


def mistype(speaker: Speaker, text: str) -> str:
    """`text` with one letter of a longer word dropped, doubled, or swapped with its neighbour."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return text
    index = long[int(speaker.rng.integers(len(long)))]
    word = words[index]
    at = int(speaker.rng.integers(1, len(word) - 1))
    kind = int(speaker.rng.integers(3))
    if kind == 0:
        words[index] = word[:at] + word[at + 1 :]
    elif kind == 1:
        words[index] = word[:at] + word[at] + word[at:]
    else:
        words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
