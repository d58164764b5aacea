"""Goal-conditioned humanoid skills that compose: contracts, skills, blending, affordances, execution."""

__version__ = "0.1.0"
