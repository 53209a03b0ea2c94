"""Default rules: what each framework does with a field that a spec leaves unset, by version."""
