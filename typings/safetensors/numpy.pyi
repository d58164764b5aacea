# safetensors leaves its dictionaries without type arguments.
from os import PathLike
from typing import Any

from numpy.typing import NDArray

def load(data: bytes) -> dict[str, NDArray[Any]]: ...
def save(tensor_dict: dict[str, NDArray[Any]], metadata: dict[str, str] | None = None) -> bytes: ...
def load_file(filename: str | PathLike[str]) -> dict[str, NDArray[Any]]: ...
def save_file(
    tensor_dict: dict[str, NDArray[Any]],
    filename: str | PathLike[str],
    metadata: dict[str, str] | None = None,
) -> None: ...
