"""The commands: each reads its options, calls the stages and shows what they return."""
