"""Small specs in which programs are generated, run and read."""
