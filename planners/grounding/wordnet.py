"""WordNet's nouns, adjectives and verbs, read from the files of Debian's ``wordnet-base``; at training time only.

Source: Fellbaum (1998), WordNet; the format is that of its manual page wndb(5WN).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from skillblend.errors import InputError

FOLDER = Path("/usr/share/wordnet")
_HYPONYMS, _HYPERNYMS, _SIMILAR = ("~", "~i"), ("@", "@i"), ("&",)


@dataclass(frozen=True)
class Synset:
    """Words of one meaning.

    Attributes:
        lemmas: The words, spaces between parts.
        topic: Number of the lexicographer's file: 6 is artifacts, 38 verbs of motion.
        pointers: (relation, offset, part of speech) of the meanings around it.
    """

    lemmas: tuple[str, ...]
    topic: int
    pointers: tuple[tuple[str, int, str], ...]


class WordNet:
    """The synsets of one part of speech, by their offset.

    Args:
        part: ``"noun"``, ``"verb"`` or ``"adj"``.
        folder: Where the files are.

    Raises:
        InputError: They are not there.
    """

    def __init__(self, part: str, folder: Path = FOLDER) -> None:
        path = folder / f"data.{part}"
        if not path.is_file():
            raise InputError(f"no {path}: install Debian's wordnet-base, or name the folder of its files")
        self.synsets: dict[int, Synset] = {}
        self._of: dict[str, list[int]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(" "):
                self._add(line)

    def _add(self, line: str) -> None:
        fields = line.partition(" | ")[0].split(" ")
        offset, count = int(fields[0]), int(fields[3], 16)
        lemmas = tuple(fields[4 + 2 * k].partition("(")[0].replace("_", " ").lower() for k in range(count))
        rest = fields[4 + 2 * count :]
        pointers = tuple((rest[1 + 4 * k], int(rest[2 + 4 * k]), rest[3 + 4 * k]) for k in range(int(rest[0])))
        self.synsets[offset] = Synset(lemmas=lemmas, topic=int(fields[1]), pointers=pointers)
        for lemma in lemmas:
            self._of.setdefault(lemma, []).append(offset)

    def senses(self, word: str) -> list[int]:
        """Offsets of the meanings of `word`."""
        return self._of.get(word, [])

    def _next(self, offset: int, relations: tuple[str, ...]) -> list[int]:
        return [to for kind, to, _ in self.synsets[offset].pointers if kind in relations and to in self.synsets]

    def above(self, offset: int) -> list[int]:
        """More general meanings."""
        return self._next(offset, _HYPERNYMS)

    def alike(self, offset: int) -> list[int]:
        """Adjectives of like meaning."""
        return self._next(offset, _SIMILAR)

    def below(self, offset: int, depth: int = 9) -> Iterator[int]:
        """`offset` and the more special meanings, down to `depth`."""
        yield offset
        if depth:
            for lower in self._next(offset, _HYPONYMS):
                yield from self.below(lower, depth - 1)
