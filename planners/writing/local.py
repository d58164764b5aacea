"""A language model in a folder: any causal one that transformers reads without running code of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planners.writing.writer import SECONDS, NothingWrittenError
from skillblend.errors import InputError

if TYPE_CHECKING:
    from planners.scoring import OptionScorer


def load_model(folder: Path) -> tuple[Any, Any]:
    """Model (float32, evaluation mode) and tokenizer in `folder`.

    Raises:
        InputError: There is none, its weights are no .safetensors or not all there, or it brings code of its own.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    causal: Any = AutoModelForCausalLM
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model, report = causal.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True, trust_remote_code=False,
            output_loading_info=True,
        )  # fmt: skip
    except Exception as error:  # tokenizers raises nothing more precise for a file that it cannot read
        raise InputError(f"cannot load a language model from {folder}: {_line(error)}") from error
    if report["missing_keys"]:
        raise InputError(f"the language model in {folder} lacks weights: {sorted(report['missing_keys'])[:3]}")
    return model.eval(), tokenizer


def load_completer(folder: Path) -> OptionScorer:
    """What weighs options with the model in `folder`.

    Raises:
        InputError: There is no model, or none whose cache can be cut and masked as a tree.
    """
    from planners.scoring import OptionScorer

    scorer = OptionScorer(*load_model(folder))
    try:
        scorer.probabilities("Task: wave\n", ["turn left", "turn right", "done"])
    except Exception as error:  # whatever an architecture of another kind makes of a mask that it does not expect
        raise InputError(f"the model in {folder} cannot weigh options: {_line(error)}; let it write") from error
    scorer.forget()
    return scorer


class LocalWriter:
    """Writes with a model of transformers, always the likeliest token.

    Args:
        model: The model.
        tokenizer: Its tokenizer; its chat template is used if it has one.
        seconds: After which it is stopped, s.
    """

    def __init__(self, model: Any, tokenizer: Any, *, seconds: float = SECONDS) -> None:
        self._model, self._tokenizer, self._seconds = model, tokenizer, seconds
        found: Any = getattr(model.config, "max_position_embeddings", None)
        self._longest = int(found) if isinstance(found, int) else 4096

    @classmethod
    def load(cls, folder: Path) -> LocalWriter:
        """The model in `folder`.

        Raises:
            InputError: There is none.
        """
        return cls(*load_model(folder))

    def write(self, prompt: str, *, tokens: int) -> str:
        """What the model writes next.

        Raises:
            NothingWrittenError: The question is longer than what the model can read.
        """
        import torch

        given = self._given(prompt)
        if given.shape[1] + tokens > self._longest:
            raise NothingWrittenError(
                f"the question takes {given.shape[1]} tokens, too many for a model of {self._longest}"
            )
        with torch.inference_mode():
            found = self._model.generate(
                input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=tokens, do_sample=False,
                max_time=self._seconds, pad_token_id=self._tokenizer.eos_token_id or 0,
            )  # fmt: skip
        return str(self._tokenizer.decode(found[0, given.shape[1] :], skip_special_tokens=True))

    def _given(self, prompt: str) -> Any:
        """Token numbers, (1, T)."""
        if not self._tokenizer.chat_template:
            return self._tokenizer(f"{prompt}\n", return_tensors="pt")["input_ids"]
        talk = [{"role": "user", "content": prompt}]
        text = self._tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        return self._tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]


def _line(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
