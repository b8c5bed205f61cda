"""Studies over plans: what a setting is worth, what else is as good, what changes when the world does."""
