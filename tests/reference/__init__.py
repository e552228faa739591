"""The documents that programs read, held against what the house does."""
