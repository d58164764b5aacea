from collections.abc import Callable
from typing import Any

class ConfidenceInterval:
    low: float
    high: float

class BinomTestResult:
    def proportion_ci(self, confidence_level: float = ..., method: str = ...) -> ConfidenceInterval: ...

class BootstrapResult:
    confidence_interval: ConfidenceInterval

def binomtest(k: int, n: int, p: float = ..., alternative: str = ...) -> BinomTestResult: ...
def bootstrap(
    data: tuple[Any, ...], statistic: Callable[..., Any], *, n_resamples: int = ..., method: str = ..., rng: Any = ...
) -> BootstrapResult: ...
def trim_mean(a: Any, proportiontocut: float, axis: int | None = ...) -> Any: ...
