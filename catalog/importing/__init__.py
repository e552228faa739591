"""Products out of files of other systems. A format's module turns rows into drafts; the rest is shared."""
