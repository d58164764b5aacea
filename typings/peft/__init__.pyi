# peft's types are those of transformers: partly unknown.
from typing import Any

def __getattr__(name: str) -> Any: ...
