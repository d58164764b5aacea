"""``skillblend push`` and ``pull``: bundles to and from a folder or a Hugging Face repository."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional


@dataclasses.dataclass(frozen=True, kw_only=True)
class Push:
    """Send a bundle to a folder or a Hugging Face repository.

    Attributes:
        bundle: Its folder.
        place: A folder that does not exist, or hf://OWNER/NAME.
        force: Replace another bundle that is there.
        public: Whether everybody may read a repository that is made for it.
    """

    bundle: Positional[Path]
    place: Positional[str]
    force: bool = False
    public: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(push_bundle, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pull:
    """Fetch a bundle from a folder or a Hugging Face repository; every hash is checked, nothing is unpickled.

    Attributes:
        place: A folder, hf://OWNER/NAME or hf://OWNER/NAME@REVISION.
        folder: Where it goes, such as runs/models/h1/walking; must not exist.
        sha256: Of the weights, or its beginning, where it is known.
    """

    place: Positional[str]
    folder: Positional[Path]
    sha256: str = ""

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(pull_bundle, self)


def push_bundle(args: Push) -> int:
    """Send it and say where it is."""
    from skillblend.exchange import push

    where = push(args.bundle, args.place, force=args.force, private=not args.public)
    _say(f"{args.bundle} -> {where}")
    return 0


def pull_bundle(args: Pull) -> int:
    """Fetch it and say what came."""
    from skillblend.bundle import weights_digest
    from skillblend.exchange import pull

    names = pull(args.place, args.folder, sha256=args.sha256)
    _say(f"{args.place} -> {args.folder}: {', '.join(names)}; weights SHA-256 {weights_digest(args.folder)}")
    return 0


def _say(line: str) -> None:
    Console().print(line, markup=False, highlight=False, soft_wrap=True)
