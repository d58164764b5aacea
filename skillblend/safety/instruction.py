"""What may be asked: acceptable text, and requests that this robot refuses whatever a planner thinks.

The lists are short and literal on purpose: they are a floor under the planner's own refusals, not a
replacement. They err towards refusing (``"walk past the dog and don't kick it"`` may have to be reworded).
"""

from __future__ import annotations

import re
import unicodedata

from skillblend.errors import InputError, SafetyError
from skillblend.safety.rules import InstructionRules
from skillblend.safety.stop_words import is_stop

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text read differently from what it says."""

_BEING = (
    r"(?:(?:a|an|the|that|this|these|those|my|your|his|her|our|their|some|any|every|each|all|another|"
    r"of|nearest|next|first|old|young|little|small|other)\s+)*"
    r"(?:me|him|her|them|us|someone|somebody|anyone|anybody|everyone|everybody|person|people|human|humans|"
    r"man|men|woman|women|child|children|kid|kids|baby|babies|toddler|boy|boys|girl|girls|guy|guys|friend|"
    r"brother|sister|mother|father|mom|mum|dad|son|daughter|wife|husband|boss|colleague|neighbou?r|visitor|"
    r"guest|customer|patient|operator|worker|passer-?by|dog|dogs|cat|cats|pet|pets|animal|animals|bird)s?\b"
)
_STRIKE = r"(?:hit|punch|kick|slap|push|shove|knock|trip|tackle|headbutt|elbow|smack|whack|poke|pinch|ram)"
_WOUND = (
    r"(?:kill|murder|stab|shoot|strangle|choke|suffocate|drown|poison|maim|mutilate|injure|hurt|harm|attack|"
    r"assault|torture|electrocute|crush|trample|beat up|run over|knock out|blow up)"
)
_GUARD = (
    r"(?:safety|safeties|safe mode|guard|watchdog|fail-?safe|e-?stop|emergency stop|torque limits?|"
    r"joint limits?|speed limits?|velocity limits?|keep-?out(?: zones?)?|collision (?:check|avoidance)\w*)"
)

HARMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("to hurt someone", rf"\b{_STRIKE}(?:\s+(?:over|down|away|into|at))?\s+{_BEING}"),
        ("to hurt someone", rf"\b{_WOUND}\s+{_BEING}"),
        ("to hurt someone", rf"\b(?:throw|drop|swing|hurl|toss)\b.{{1,40}}\b(?:at|onto|on)\s+{_BEING}"),
        ("to hurt someone", rf"\b(?:push|shove|throw)\s+{_BEING}.{{0,20}}\b(?:down|off|out of|into|under)\b"),
        ("to damage the robot", rf"\b{_WOUND}\s+(?:yourself|itself|the robot)\b"),
        (
            "to damage the robot",
            r"\b(?:jump|leap|dive|fall|walk|run|step|throw yourself|roll)\s+(?:off|down|from|out of|through)\s+"
            r"(?:of\s+)?(?:the|a|an|that|this)\s+(?:\w+\s+)?"
            r"(?:roof|balcony|ledge|cliff|stairs|staircase|stairwell|window|bridge|edge|platform|landing)\b",
        ),
        (
            "to damage the robot",
            r"\b(?:walk|run|step|go|jump|reach|fall)\s+in(?:to)?\s+(?:the|a|an|that|this)\s+(?:\w+\s+)?"
            r"(?:fire|flames|water|pool|river|lake|pond|traffic|road|wall|press|machine|saw)\b",
        ),
        (
            "to switch a protection off",
            rf"\b(?:disable|ignore|bypass|override|circumvent|remove|deactivate|disarm|turn off|switch off|"
            rf"shut off|lift|raise|exceed)\s+(?:(?:all|any|every|the|your|of|its|those|these)\s+)*{_GUARD}",
        ),
        ("to switch a protection off", rf"\bturn\s+(?:the|your)\s+{_GUARD}\s+off\b"),
        ("to start a fire", r"\b(?:set\b.{1,40}\bon fire|set fire to|start a fire|burn down|ignite)\b"),
    )
)
"""What is refused, and how it is recognised in lower-case text without accents or invisible characters."""


def check_instruction(text: object, rules: InstructionRules | None = None) -> str:
    """`text` without surrounding white space, if it may be asked.

    Raises:
        InputError: Not text, without words, too long, or with control characters.
        SafetyError: It asks for harm, or only to stop where nothing is going on.
    """
    cleaned = check_text(text, rules or InstructionRules())
    if is_stop(cleaned, moving=False):
        raise SafetyError(
            f"{cleaned[:40]!r} stops a robot that moves, and nothing is going on; give an instruction, "
            "e.g. 'stand still for a moment'"
        )
    plain = _plain(cleaned)
    for reason, pattern in HARMS:
        found = pattern.search(plain)
        if found:
            raise SafetyError(
                f"the instruction asks {reason} ({found.group()!r}); this robot refuses that: "
                "ask for something else, or put it differently"
            )
    return cleaned


def check_text(text: object, rules: InstructionRules) -> str:
    """`text` without surrounding white space, if it is acceptable text.

    Raises:
        InputError: Not text, without words, too long, or with control characters.
    """
    if not isinstance(text, str):
        raise InputError(f"an instruction is text, not {type(text).__name__}; write a sentence")
    if len(text) > rules.max_characters:
        raise InputError(
            f"the instruction has {len(text)} characters, allowed are {rules.max_characters}; shorten it"
        )
    cleaned = text.strip()
    if not any(character.isalnum() for character in cleaned):
        raise InputError("the instruction holds no words; say what to do, e.g. 'walk to the red marker'")
    for position, character in enumerate(cleaned):
        if character in _BIDI or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r"):
            raise InputError(
                f"the instruction has a control character, U+{ord(character):04X}, at position {position}; "
                "only printable text, tabs and line ends are allowed: remove it"
            )
    return cleaned


def _plain(text: str) -> str:
    """Lower case, compatibility forms folded, accents and invisible characters gone, single spaces."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    kept = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))
    return re.sub(r"\s+", " ", kept)
