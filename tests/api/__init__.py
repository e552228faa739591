"""The kit on its own: views of the tests' own stand in for the apps'."""
