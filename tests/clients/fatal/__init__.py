"""An app for a server of the tests, which dies where it is told to: `steps` says where, `settings` has it."""
