"""Bundles go to a folder or a Hugging Face repository and come back, hash-checked; safetensors and JSON alone count.

>>> push(Path("models/h1/walking"), "hf://me/h1-walking")
>>> pull("hf://me/h1-walking", Path("models/h1/walking"))

Nothing else of the package uses the network. What is neither safetensors, JSON, a card nor a picture is never
fetched, and nothing that comes is unpickled or executed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from skillblend.bundle import CONFIG, MANIFEST, WEIGHTS, copy_bundle, read_config, read_from_bundle, read_networks
from skillblend.errors import BundleError, InputError, SkillblendError

HUB = "hf://"
NEEDED = (MANIFEST, CONFIG, WEIGHTS)
BESIDES = (
    "affordance.json", "evaluation.json", "card.md", "curve.png", "filmstrip.png", "reliability.png",
    "evaluation.mp4",
)  # fmt: skip
"""What a bundle may hold: the rest of a folder or a repository stays where it is."""
LARGEST = 256 * 1024 * 1024
"""Of a file that is fetched, bytes: a bundle here has less than a hundredth of it."""
_REPOSITORY = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


class HubError(SkillblendError):
    """A Hugging Face repository cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A model repository of the Hub.

    Attributes:
        name: OWNER/NAME.
        revision: Branch, tag or commit.
    """

    name: str
    revision: str = "main"

    @classmethod
    def parse(cls, place: str) -> Repository | None:
        """That of ``hf://OWNER/NAME`` or ``hf://OWNER/NAME@REVISION``; None for a folder.

        Raises:
            InputError: It begins as one and is none.
        """
        if not place.startswith(HUB):
            return None
        match = _REPOSITORY.fullmatch(place)
        if match is None:
            raise InputError(f"{place!r} must be {HUB}OWNER/NAME or {HUB}OWNER/NAME@REVISION")
        return cls(name=match.group(1), revision=match.group(2) or "main")


def push(bundle: Path, place: str, *, force: bool = False, private: bool = True) -> str:
    """Send the bundle in folder `bundle` to `place`; where it is now.

    Args:
        bundle: Checked before anything is sent.
        place: A folder that does not exist, or ``hf://OWNER/NAME``, with the token of `hf auth login` or HF_TOKEN.
        force: Replace another bundle that is there.
        private: Of a repository that is made for it.

    Raises:
        BundleError: The bundle is missing or damaged.
        InputError: Another bundle is there.
        HubError: The repository cannot be reached, or must not be written.
    """
    names = check_bundle(bundle)
    repository = Repository.parse(place)
    if repository is None:
        target = Path(place)
        if target.exists() and not force:
            raise InputError(f"{target} exists; name another place, or give --force")
        with tempfile.TemporaryDirectory(prefix="bundle-") as name:
            _copy(bundle, Path(name), names)
            aside = target.with_name(f".{target.name}.replaced")
            if target.exists():
                check_bundle(target)  # what is replaced is a bundle, and not somebody's folder
                target.rename(aside)
            copy_bundle(Path(name), target)
            shutil.rmtree(aside, ignore_errors=True)
        return str(target)
    return _upload(bundle, names, repository, force=force, private=private)


def pull(place: str, folder: Path, *, sha256: str = "") -> list[str]:
    """Fetch the bundle at `place` into the new `folder`, whole or not at all; the names of its files.

    Args:
        place: A folder, or ``hf://OWNER/NAME`` or ``hf://OWNER/NAME@REVISION``.
        folder: Must not exist.
        sha256: Of the weights, or its beginning, where it is known.

    Raises:
        BundleError: What is there is no bundle, or damaged, or of other weights than `sha256`.
        InputError: `folder` exists.
        HubError: The repository cannot be reached.
    """
    if folder.exists():
        raise InputError(f"{folder} exists; name another folder, or remove it")
    repository = Repository.parse(place)
    with tempfile.TemporaryDirectory(prefix="bundle-") as name:
        fetched = Path(name)
        if repository is None:
            if not Path(place).is_dir():
                raise BundleError(f"no bundle at {place}; name a folder, or {HUB}OWNER/NAME")
            _copy(Path(place), fetched, [n for n in (*NEEDED, *BESIDES) if (Path(place) / n).is_file()])
        else:
            _download(repository, fetched)
        names = check_bundle(fetched, sha256)
        copy_bundle(fetched, folder)
    return names


def check_bundle(folder: Path, sha256: str = "") -> list[str]:
    """Names of the files of the bundle in `folder` that are exchanged; all that its manifest lists are as it says.

    Raises:
        BundleError: Missing, damaged, of other weights than `sha256`, or with files that no bundle has.
    """
    read_config(folder)
    read_networks(folder)
    listed = cast("dict[str, Any]", json.loads((folder / MANIFEST).read_text()))
    for name in listed:
        if name not in (*NEEDED, *BESIDES):
            raise BundleError(f"{folder / MANIFEST} lists {name!r}, which no bundle has; get it from elsewhere")
        read_from_bundle(folder, name)
    if not str(listed[WEIGHTS]).startswith(sha256.lower()):
        raise BundleError(f"{folder} holds weights {listed[WEIGHTS]}, not {sha256}; ask whoever made it")
    return [name for name in (*NEEDED, *BESIDES) if (folder / name).is_file()]


def _copy(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        _check_size(name, (source / name).stat().st_size)
        shutil.copyfile(source / name, target / name)


def _check_size(name: str, size: int | None) -> None:
    if size is not None and size > LARGEST:
        raise BundleError(f"{name} has {size:,} bytes; a bundle's files have at most {LARGEST:,}")


def _upload(bundle: Path, names: list[str], repository: Repository, *, force: bool, private: bool) -> str:
    hub = _hub()
    api = hub.HfApi()
    operations = [hub.CommitOperationAdd(path_in_repo=name, path_or_fileobj=str(bundle / name)) for name in names]
    operations.append(hub.CommitOperationAdd(path_in_repo="README.md", path_or_fileobj=_front_page(bundle)))
    config = read_config(bundle)

    def work() -> str:
        api.create_repo(repository.name, private=private, exist_ok=True, repo_type="model")
        there = set(api.list_repo_files(repository.name, revision=repository.revision))
        if WEIGHTS in there and not force and _manifest_there(api, repository) != (bundle / MANIFEST).read_text():
            raise InputError(f"{HUB}{repository.name} holds another bundle; name another one, or give --force")
        gone = [hub.CommitOperationDelete(path_in_repo=n) for n in sorted(there & set(BESIDES) - set(names))]
        done = api.create_commit(
            repository.name, [*operations, *gone], revision=repository.revision,
            commit_message=f"{config['robot']} {config['skill']}, trained at {config.get('commit', 'unknown')}",
        )  # fmt: skip
        return f"{HUB}{repository.name}@{done.oid}"

    return _asking_the_hub(repository, work)


def _manifest_there(api: Any, repository: Repository) -> str:
    with tempfile.TemporaryDirectory(prefix="manifest-") as folder:
        path = api.hf_hub_download(repository.name, MANIFEST, revision=repository.revision, local_dir=folder)
        return Path(path).read_text()


def _download(repository: Repository, folder: Path) -> None:
    api = _hub().HfApi()

    def work() -> None:
        found = api.model_info(repository.name, revision=repository.revision, files_metadata=True)
        sizes = {file.rfilename: file.size for file in found.siblings or ()}
        for name in (*NEEDED, *BESIDES):
            if name in sizes:
                _check_size(name, sizes[name])
                api.hf_hub_download(repository.name, name, revision=found.sha, local_dir=folder)

    _asking_the_hub(repository, work)
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def _front_page(bundle: Path) -> bytes:
    """The card, with what the Hub wants to know first."""
    config = read_config(bundle)
    card = bundle / "card.md"
    text = card.read_text() if card.is_file() else f"# {config['robot']} {config['skill']}\n"
    tags = "\n".join(f"- {tag}" for tag in ("robotics", "humanoid", "mujoco", str(config["robot"])))
    return f"---\nlibrary_name: skillblend\nlicense: apache-2.0\ntags:\n{tags}\n---\n\n{text}".encode()


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise HubError("Hugging Face repositories need huggingface_hub: pip install 'skillblend[export]'") from error
    return huggingface_hub


def _asking_the_hub(repository: Repository, work: Callable[[], Any]) -> Any:
    """Whatever the Hub or the network holds against it, in one sentence.

    Raises:
        HubError: Instead of the library's own errors.
    """
    hub = _hub()
    try:
        return work()
    except SkillblendError:
        raise
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, OSError, ValueError) as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HubError(f"{HUB}{repository.name}: {why}; log in with `hf auth login`, or name a folder") from error
    except Exception as error:  # the library's network client has errors of its own, which derive from nothing else
        if "http" not in type(error).__module__:
            raise
        raise HubError(f"{HUB}{repository.name} cannot be reached: {error!r}; try again, or name a folder") from error
