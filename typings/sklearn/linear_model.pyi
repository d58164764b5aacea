from typing import Any

class LogisticRegression:
    coef_: Any
    intercept_: Any
    def __init__(self, *, C: float = ..., solver: str = ..., tol: float = ..., max_iter: int = ...) -> None: ...
    def fit(self, X: Any, y: Any) -> LogisticRegression: ...
