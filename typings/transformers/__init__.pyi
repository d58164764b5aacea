# transformers resolves its names when they are first used and leaves most of them without types.
from typing import Any, TypeAlias

PreTrainedModel: TypeAlias = Any
PreTrainedTokenizerBase: TypeAlias = Any

def __getattr__(name: str) -> Any: ...
