"""Default rules: the value that each framework uses for a field that a spec leaves unset, by version."""
