"""Which readings are worth telling: not those that say what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARTICLE = re.compile(r"\b(?:the|a|an|that|this|your|my|our) ")


def alike(said: str, words: str) -> bool:
    """Whether both are the same but for articles: nothing to tell anybody."""
    return _ARTICLE.sub("", said) == _ARTICLE.sub("", words)


def is_name(said: str, names: Sequence[str]) -> bool:
    """Whether the words are a name already."""
    return len(names) == 1 and said in (names[0].lower(), f"the {names[0].lower()}", f"that {names[0].lower()}")


def changed(said: str, words: str) -> tuple[str, ...]:
    """A note of what differs between two texts, by whole words; none where nothing does.

    >>> changed("go red marker now", "go to the red marker now")
    ("read 'go red' as 'go to the red'",)
    """
    if said == words:
        return ()
    a, b = said.split(), words.split()
    first = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    most = min(len(a), len(b)) - first
    last = next((k for k in range(most) if a[-1 - k] != b[-1 - k]), most)
    first, last = max(first - 1, 0), max(last - 1, 0)
    return (f"read {' '.join(a[first : len(a) - last])!r} as {' '.join(b[first : len(b) - last])!r}",)
