"""The REST doors of the catalog, one dialect each. They parse and show; every rule is the services'."""
