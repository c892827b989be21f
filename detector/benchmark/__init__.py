"""Our model and the baselines side by side on one input."""
