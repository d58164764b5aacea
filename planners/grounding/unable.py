"""What no option does, refused by its name: a thing that cannot be touched, a person who is not here, "bring me".

On a text in the scene's names, after all readers: the language model passes such a clause over where others can be
done.
"""

from __future__ import annotations

import re

from planners import rx
from planners.corpus.lookup import approaches, possible_steps
from planners.grounding.alternatives import any_of
from planners.grounding.doings import in_form
from planners.grounding.footing import no_footing
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_GIVE = r"(?:hand|give|bring|take|pass|carry|deliver|offer|serve|fetch|get)(?:ing|ting)?"
_ME = r"(?:me|us)\b"
_NOBODY = re.compile(
    r"(?:me|us|it|them|that|this|here|there|where|your|you|the|a|an|both|either|each|every|one|some|somewhere|any\w*|"
    r"left|right|him|her|whoever|whichever)$"
)
"""Words that are no name."""


_WHERE_YOU_ARE, _TO_BRING = "I do not know where you are", "here to bring it to"


def is_guess(why: str) -> bool:
    """Whether `why` rests on which word is whose: who something is for is read from the order of words alone."""
    return why.startswith(_WHERE_YOU_ARE) or why.endswith(_TO_BRING)


def cannot(text: str, scene: SceneState) -> str:
    """What of `text` no option does; empty where nothing is in the way."""
    if not scene.names:
        return ""
    one = any_of(scene.names)
    return (
        _no_such_deed(text, scene)
        or no_footing(text, scene)
        or _to_me(text, one)
        or _to_whom(text, scene)
        or _to_nobody(text, one)
    )


def _no_such_deed(text: str, scene: SceneState) -> str:
    """A deed on a thing that it cannot be done to, while it can be done to others."""
    steps = possible_steps(scene.things)
    heads: dict[str, list[str]] = {}
    for step in steps:
        if len(step.arguments) == 1 and step.arguments[0] in scene.names and not approaches(step):
            heads.setdefault(step.text.removesuffix(f" the {step.arguments[0]}"), []).append(step.arguments[0])
    for head, able in heads.items():
        forms = "|".join(re.escape(in_form(head, form)) for form in (0, 1, 2))
        for name in set(scene.names) - set(able):
            match = rx.search(rf"\b(?:{forms}) the {re.escape(name.lower())}(?![\w-])", text)
            if match is not None and not is_negated(text[: match.start()]):
                return f"I cannot {head} the {name}; of what is here I can {head} the {', the '.join(able)}"
    return ""


def _to_me(text: str, one: str) -> str:
    """Something is to be brought to the speaker, whom nobody sees."""
    found = rx.search(rf"\b{_GIVE} (?:{_ME} (?:the )?{one}|(?:the )?{one}(?: over| back)? (?:to|for) {_ME})", text)
    if found is None or is_negated(text[: found.start()]):
        return ""
    return f"{_WHERE_YOU_ARE}, as {found.group()!r} asks: name the person or the place to bring it to"


def _to_nobody(text: str, one: str) -> str:
    """Something is to be given to somebody who is not here."""
    dative = rf"\b(?:hand|give|pass|offer|serve|bring)(?:ing)? (?P<a>[a-z][\w'-]+) the {one}"
    to = rf"\b{_GIVE} the {one}(?: over| back| along)? to (?!(?:the )?{one})(?:the |my |our )?(?P<a>[a-z][\w'-]+)"
    for pattern in (dative, to):
        for match in rx.finditer(pattern, text):
            if not _NOBODY.match(match.group("a")) and not is_negated(text[: match.start()]):
                return f"there is no {match.group('a')!r} {_TO_BRING}"
    return ""


def _to_whom(text: str, scene: SceneState) -> str:
    """Something is to be given to one of several persons, of whom none was spoken of."""
    people = [thing.name for thing in scene.things if thing.kind == "person"]
    give = r"\b(?:hand|give|pass|offer|bring|take)"
    found = rx.search(
        rf"{give} (him|her) the |{give} the [^,.;:!?]*? to (him|her)(?= ?(?:[,.;:!?]|$)| and|"
        rf" then)",
        text,
    )
    if found is None or len(people) < 2 or is_negated(text[: found.start()]):
        return ""
    word = found.group(1) or found.group(2)
    return f"{word!r} can be the {' or the '.join(people)}: say which"
