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
