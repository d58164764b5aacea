"""What people type to stop a robot: one list, for every place that takes a line of text.

While the robot moves, a line stops it that begins with such a word, whatever follows ("stop! the box!", "wait,
not there"), that holds one of the strong words with no order before it ("please, please stop", but not "walk to
the marker and stop there"), or of which a clause says nothing but stop ("come on, stop"). Where nothing moves, only
a line that says nothing else is meant so: "stop at the marker" is an instruction then. Plain functions of text: no
language model, no lock, nothing to wait for.
"""

from __future__ import annotations

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRONG = _words(
    "stop stopp halt freeze abort cancel emergency estop cease desist pause hurts hurting danger "
    "alto arrete arretez halte anhalten basta ferma fermo fermati pare parada stoj стоп стой"
)
"""They stop a moving robot anywhere in a line, unless an order comes before them."""

WEAK = _words(
    "wait whoa woah wo no noo nope nah nay dont never not enough hold easy help quit kill off danger stay still "
    "careful caution beware watchout lookout hey ouch ow oww ah aah ahh argh eek yikes omg wtf shit fuck fucking "
    "damn crap god jesus christ oh uh ooh nein non nee niet aus para dur undo panic overload shutdown "
    "standdown stahp terminate"
)
"""They stop a moving robot at the beginning of a line."""

PHRASES = (
    "cut it out", "knock it off", "call it off", "give it up", "watch out", "look out", "stand down", "shut down",
    "shut it", "shut off", "turn off", "turn it off", "turn yourself off", "switch off", "switch it off", "power off",
    "power down", "let go", "get off", "do not", "that is enough", "thats enough", "thats far enough", "far enough",
    "too far", "too fast", "too close", "stand still", "keep still", "remain still", "stay", "mind the", "sit tight",
    "pull over", "pull the plug", "for gods sake", "what are you doing", "wrong way", "wrong one", "get away from",
    "e stop", "time out", "timeout", "red light", "as you were", "never mind", "nevermind", "forget it", "drop it",
    "break off", "leave it", "slow down", "i said stop", "its falling", "it is falling", "youre hurting", "ctrl c",
    "control c", "bad robot", "back off", "hang on", "hold still", "hands off", "leave me alone",
)  # fmt: skip
"""So do these."""

ALONE = ("back", "go back", "get back", "go away", "back up", "end", "end it", "break", "wrong", "bad", "top", "die")
"""These stop a moving robot as the whole line: with more behind them they are orders."""

WRITTEN_TOGETHER = ("停", "住手", "止まれ", "止めて", "やめ", "待て", "待って", "ストップ", "멈춰", "그만", "توقف")
"""Words of languages that put no spaces between words: a line that begins so stops a moving robot."""

ORDERS = _words(
    "walk go move step turn rotate spin face press push touch tap raise lift put head run march approach reach visit "
    "stand wait come proceed continue carry keep take first then until before after when"
)
"""With one of them before it, a strong word is part of an order: "walk to the shelf and stop"."""

FILLERS = _words(
    "please pls plz now robot the it that this there right immediately at once you oh god my hey just i said and to "
    "moving motion walking everything all machine bot thing yourself motors here instantly asap already will would "
    "could can must should need want make let us lets man dude ok okay h1 g1 on out up down so is ing doing "
    "going run running him her what are ones come a second moment minute sec 1 11 111"
)
"""They change nothing about a line that otherwise only stops."""

_HANDS = _words("hand hands arm arms")
_BARE = _words("stay still off back not never oh hey god uh ah undo help danger careful quit")
"""Weak words that alone, where nothing moves, may mean something else, or are commands."""

_NOT_A_SLIP = _words(
    "step steps top tops spot shop want wall walk hat half hall hand free post pose part salt sop slop stool stoop "
    "bold told gold hole old cold fold hot wit wat bait"
)
"""Words one slip away from a stop word that people type on purpose."""

_SLIPPED = _words("stop halt freeze abort cancel pause wait enough emergency dont hold stay")
_NEIGHBOURS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOKALIKES = str.maketrans("ѕоаесрхуіΟοΑαΤτΡρ0", "soaecpxyiooaattppo")
_UNSEEN = ("Mn", "Me", "Cf", "Cc", "Co", "Cs")
_APOSTROPHES = "['\u2019\u2018`\u00b4]"
_INTERRUPT = re.compile(r"\x03|\^C")


def is_stop(text: str, *, moving: bool) -> bool:
    """Whether a line is meant to stop the robot.

    Args:
        text: As typed, whatever is in it.
        moving: Whether the robot is carrying something out; then the answer errs towards stopping.
    """
    if moving and _INTERRUPT.search(text):
        return True
    words = plain_words(text)
    if not words:
        return moving and text.count("!") > 0
    if not moving:
        return _says_only_stop(words)
    clauses = [plain_words(clause) for clause in re.split(r"[.,;:!?\u2026\n]+|\s[-\u2013\u2014]+\s", text)]
    return _stops_motion(words) or any(_says_only_stop(clause) for clause in clauses if clause and clause != words)


def plain_words(text: str) -> list[str]:
    """Words in lower case: no accents, punctuation, apostrophes or invisible characters; spelled-out ones joined."""
    folded = unicodedata.normalize("NFKC", re.sub(_APOSTROPHES, "", text)).casefold()
    joined = "".join(_base(c) for c in folded if c in "\t\n\r" or unicodedata.category(c) not in _UNSEEN)
    words = re.findall(r"[^\W_]+", joined)
    if len(words) > 1 and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    return [_unstretched(word) for word in words]


def _base(character: str) -> str:
    """A Latin letter without its accents, anything else as it is."""
    first = unicodedata.normalize("NFKD", character)[0]
    return first if first.isascii() else character


def _unstretched(word: str) -> str:
    """`word` in Latin letters where it only looks otherwise; "stoooop" and "nonono" as they are meant."""
    native = word in STRONG or not re.search(r"[a-z]", word)
    plain = word if native else word.translate(_LOOKALIKES)
    if not native and re.search(r"(.)\1\1", plain):
        single, double = re.sub(r"(.)\1\1+", r"\1", plain), re.sub(r"(.)\1\1+", r"\1\1", plain)
        plain = double if double in STRONG | WEAK else single
    again = re.fullmatch(r"(stop|halt|no|wait|nein|freeze)\1+", plain)
    return again.group(1) if again else plain


def _stops_motion(words: list[str]) -> bool:
    first = next((i for i, word in enumerate(words) if word not in FILLERS or _begins_phrase(words[i:])), 0)
    rest = words[first:]
    if _asks_to_go_on(words):
        return False
    if " ".join(words) in ALONE or " ".join(rest) in ALONE:
        return True
    if rest[0] == "hold" and _HANDS.intersection(rest):
        return False
    if _is_word(rest[0]) or rest[0] in WEAK or _begins_phrase(rest):
        return True
    only_fillers = FILLERS.issuperset(words) and WEAK.intersection(words)
    if words[0] in WEAK or only_fillers or words[0].startswith(WRITTEN_TOGETHER):
        return True
    strong = next((i for i, word in enumerate(words) if word in STRONG), None)
    if strong is None:
        return False
    return words[strong - 1] in WEAK or not ORDERS.intersection(words[:strong])


def _says_only_stop(words: list[str]) -> bool:
    """Nothing but stop words, at least one that leaves no doubt, and fillers."""
    text = " ".join(words)
    if words[0].startswith(WRITTEN_TOGETHER):
        return len(words) == 1
    if re.match(r"(?:no|not|never|dont) \w+ing\b|hold still", text):  # something to heed, something to do
        return False
    for phrase in sorted(PHRASES, key=len, reverse=True):
        text = re.sub(rf"\b{phrase}\b", "stop", text) if phrase not in _INSTRUCTIONS else text
    rest = [word for word in text.split() if word not in FILLERS]
    clear = [word for word in rest if (_is_word(word) or word in WEAK) and word not in _BARE]
    return bool(clear) and all(word in clear or word in _BARE for word in rest)


_INSTRUCTIONS = (
    "hold still",
    "hands off",
    "leave me alone",
    "stand still",
    "keep still",
    "remain still",
    "stay",
    "do not",
    "mind the",
    "get away from",
    "get off",
)
"""Phrases that are something to do where nothing moves."""


def _begins_phrase(words: list[str]) -> bool:
    line = " ".join(words) + " "
    return any(line.startswith(phrase + " ") for phrase in PHRASES)


def _asks_to_go_on(words: list[str]) -> bool:
    """As in "don't stop", "do not wait for me", "never stop": on with it."""
    line = " ".join(words)
    return (
        re.match(r"(?:please )?(?:dont|do not|never|no need to)(?: you)? (?:stop|wait|halt|pause|freeze)\b", line)
        is not None
    )


def _is_word(word: str) -> bool:
    """Whether `word` is a strong word, perhaps with a slip of the finger in it, or runs on from one."""
    if word in STRONG or word.startswith(("stop", "halt")):
        return True
    if word in _NOT_A_SLIP:
        return False
    return any(_one_slip(word, meant) for meant in _SLIPPED)


def _one_slip(word: str, meant: str) -> bool:
    """Two neighbours swapped, a letter left out, one too many, or the key beside the right one."""
    if word == meant:
        return True
    if len(word) == len(meant):
        wrong = [i for i, (a, b) in enumerate(zip(word, meant, strict=True)) if a != b]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return word[wrong[0]] == meant[wrong[1]] and word[wrong[1]] == meant[wrong[0]]
        return len(wrong) == 1 and _beside(word[wrong[0]], meant[wrong[0]])
    shorter, longer = sorted((word, meant), key=len)
    return len(longer) - len(shorter) == 1 and len(shorter) >= 3 and _without_one(shorter, longer)


def _without_one(shorter: str, longer: str) -> bool:
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _beside(a: str, b: str) -> bool:
    for number, row in enumerate(_NEIGHBOURS):
        if a in row:
            return any(
                b in other and abs(other.index(b) - row.index(a)) <= 1
                for other in _NEIGHBOURS[max(number - 1, 0) : number + 2]
            )
    return False
