# mujoco's compiled modules carry no type information, so every name in it is Any to a type checker.
from typing import Any

def __getattr__(name: str) -> Any: ...
