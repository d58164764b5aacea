"""Bundles go away and come back: to a folder, and to a repository of a Hub that runs here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import robots
from skillblend.bundle import MANIFEST, WEIGHTS, add_to_bundle, write_bundle
from skillblend.errors import BundleError, InputError
from skillblend.exchange import BESIDES, LARGEST, NEEDED, HubError, Repository, check_bundle, pull, push
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill

from .fake_hub import TOKEN, FakeHub

WALKING = MODELS / "h1" / "walking"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    one = FakeHub()
    yield one
    one.close()


@pytest.fixture
def command(hub: FakeHub, tmp_path: Path) -> Command:
    """`skillblend ...` as a process of its own, which knows no other Hub."""
    own = {
        "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "skillblend.cli", *arguments], env=os.environ | own | more, cwd=tmp_path,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_bundle_comes_back_from_a_folder(tmp_path: Path) -> None:
    copy = shutil.copytree(WALKING, tmp_path / "mine")
    (copy / "notes.pkl").write_bytes(b"not ours")
    assert push(copy, str(tmp_path / "shelf" / "walking")) == str(tmp_path / "shelf" / "walking")
    names = pull(str(tmp_path / "shelf" / "walking"), tmp_path / "h1" / "walking")
    assert contents(tmp_path / "h1" / "walking") == contents(WALKING) and "notes.pkl" not in names
    skill = load_skill("walking", robots.load("h1"), tmp_path / "h1" / "walking")
    assert skill.bundle.digest == load_skill("walking", robots.load("h1"), WALKING).bundle.digest


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    shelf = tmp_path / "walking"
    push(WALKING, str(shelf))
    with pytest.raises(InputError, match="exists; name another place, or give --force"):
        push(MODELS / "h1" / "walking.level", str(shelf))
    assert contents(shelf) == contents(WALKING)
    push(MODELS / "h1" / "walking.level", str(shelf), force=True)
    assert contents(shelf) == contents(MODELS / "h1" / "walking.level")
    assert [p.name for p in tmp_path.iterdir()] == ["walking"]
    with pytest.raises(InputError, match="exists; name another folder"):
        pull(str(WALKING), shelf)
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    with pytest.raises(BundleError):
        push(WALKING, str(home), force=True)
    assert (home / "letter.txt").read_text() == "dear"


def damaged(tmp_path: Path, name: str) -> Path:
    folder = shutil.copytree(WALKING, tmp_path / "damaged")
    blob = bytearray((folder / name).read_bytes())
    blob[len(blob) // 2] ^= 1
    (folder / name).write_bytes(bytes(blob))
    return folder


@pytest.mark.parametrize("name", [WEIGHTS, "config.json", "affordance.json"])
def test_what_was_changed_on_the_way_is_refused(tmp_path: Path, name: str) -> None:
    folder = damaged(tmp_path, name)
    for exchange in (lambda: push(folder, str(tmp_path / "out")), lambda: pull(str(folder), tmp_path / "out")):
        with pytest.raises(BundleError, match="SHA-256"):
            exchange()
    assert not (tmp_path / "out").exists()


def test_weights_can_be_named_beforehand(tmp_path: Path) -> None:
    digest = json.loads((WALKING / MANIFEST).read_text())[WEIGHTS]
    assert pull(str(WALKING), tmp_path / "right", sha256=digest[:12].upper())
    with pytest.raises(BundleError, match="holds weights .* not 0123abcd"):
        pull(str(WALKING), tmp_path / "wrong", sha256="0123abcd")


def test_a_manifest_may_name_nothing_else(tmp_path: Path) -> None:
    folder = shutil.copytree(WALKING, tmp_path / "walking")
    add_to_bundle(folder, "policy.pkl", b"cos\nsystem\n")
    with pytest.raises(BundleError, match="lists 'policy.pkl', which no bundle has"):
        check_bundle(folder)
    with pytest.raises(BundleError, match="no bundle at"):
        pull(str(tmp_path / "nowhere"), tmp_path / "out")


def test_large_files_are_not_fetched(tmp_path: Path) -> None:
    folder = shutil.copytree(WALKING, tmp_path / "walking")
    with (folder / "evaluation.mp4").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(BundleError, match="has 268,435,457 bytes"):
        pull(str(folder), tmp_path / "out")


def test_places() -> None:
    assert Repository.parse("models/h1") is None
    assert Repository.parse("hf://me/walking") == Repository(name="me/walking")
    assert Repository.parse("hf://me/walking@v1.2") == Repository(name="me/walking", revision="v1.2")
    for wrong in ("hf://me", "hf://me/a/b", "hf://", "hf://me/../x"):
        with pytest.raises(InputError, match="must be hf://OWNER/NAME"):
            Repository.parse(wrong)


def test_a_bundle_comes_back_from_a_repository(hub: FakeHub, command: Command, tmp_path: Path) -> None:
    sent = command("push", str(WALKING), "hf://me/walking")
    assert sent.returncode == 0, sent.stderr
    there = hub.files("me/walking")
    assert hub.private["me/walking"]
    assert {name: there[name] for name in contents(WALKING)} == contents(WALKING)
    page = there["README.md"].decode()
    assert page.startswith("---\nlibrary_name: skillblend\nlicense: apache-2.0\n") and "# h1 walking" in page
    there["policy.pkl"] = b"cos\nsystem\n(S'rm -rf /'\ntR."
    commit = sent.stdout.split("@")[1].strip()

    digest = json.loads((WALKING / MANIFEST).read_text())[WEIGHTS]
    got = command("pull", "hf://me/walking", "models/walking", "--sha256", digest[:10])
    assert got.returncode == 0, got.stderr
    assert contents(tmp_path / "models" / "walking") == contents(WALKING) and digest in got.stdout.replace("\n", "")
    assert not any("pkl" in line for line in hub.asked)

    other = command("push", str(MODELS / "h1" / "walking.level"), "hf://me/walking")
    assert other.returncode == 2 and "holds another bundle; name another one, or give --force" in other.stderr
    again = command("push", str(WALKING), "hf://me/walking")
    assert again.returncode == 0, again.stderr
    forced = command("push", str(MODELS / "h1" / "walking.level"), "hf://me/walking", "--force")
    assert forced.returncode == 0, forced.stderr
    assert hub.files("me/walking")[WEIGHTS] == (MODELS / "h1" / "walking.level" / WEIGHTS).read_bytes()
    old = command("pull", f"hf://me/walking@{commit}", "models/old")
    assert old.returncode == 0, old.stderr
    assert (tmp_path / "models" / "old" / WEIGHTS).read_bytes() == (WALKING / WEIGHTS).read_bytes()


def test_a_repository_that_lies_is_refused(hub: FakeHub, command: Command, tmp_path: Path) -> None:
    hub.repositories["me/lies"] = [contents(damaged(tmp_path, WEIGHTS))]
    got = command("pull", "hf://me/lies", "out")
    assert got.returncode == 2 and "SHA-256" in got.stderr and not (tmp_path / "out").exists()
    missing = command("pull", "hf://me/nothing", "out")
    assert missing.returncode == 2 and missing.stderr.startswith("skillblend: hf://me/nothing: ")
    hub.repositories["me/empty"] = [{"README.md": b"hello"}]
    empty = command("pull", "hf://me/empty", "out")
    assert empty.returncode == 2 and "is not a complete bundle" in empty.stderr


def test_without_a_token_or_a_network_one_line_says_so(hub: FakeHub, command: Command) -> None:
    stranger = command("push", str(WALKING), "hf://me/walking", HF_TOKEN="hf_other")
    assert stranger.returncode == 2 and "hf auth login" in stranger.stderr and stranger.stderr.count("\n") == 1
    away = command("pull", "hf://me/walking", "out", HF_ENDPOINT="http://127.0.0.1:9")
    assert away.returncode == 2 and away.stderr.startswith("skillblend: hf://me/walking") and hub.repositories == {}


def test_machines_without_the_library_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(HubError, match=r"pip install 'skillblend\[export\]'"):
        push(WALKING, "hf://me/walking")


def test_every_file_of_a_shipped_bundle_is_exchanged() -> None:
    for folder in (path.parent for path in MODELS.glob("*/*/policy.safetensors")):
        left = {path.name for path in folder.iterdir()} - {*NEEDED, *BESIDES}
        assert not left, f"{folder} holds {left}, which push leaves behind"


def test_a_bundle_without_a_card_has_a_front_page(hub: FakeHub, command: Command, tmp_path: Path) -> None:
    layer = {"weight": np.ones((1, 1), np.float32), "bias": np.ones(1, np.float32)}
    tensors = {f"{net}.0.{part}": values for net in ("actor", "critic") for part, values in layer.items()}
    write_bundle(tmp_path / "tiny", tensors, {"skill": "tiny", "robot": "h1"})
    sent = command("push", str(tmp_path / "tiny"), "hf://me/tiny", "--public")
    assert sent.returncode == 0, sent.stderr
    assert not hub.private["me/tiny"] and b"# h1 tiny\n" in hub.files("me/tiny")["README.md"]
