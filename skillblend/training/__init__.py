"""Training: Stable-Baselines3 PPO with an asymmetric critic and a lean update."""
