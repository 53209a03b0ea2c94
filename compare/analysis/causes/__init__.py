"""Which fields cause a behaviour: suspects, minimal sets, and confirmation on the real frameworks."""
