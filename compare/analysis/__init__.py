"""What traces say: behaviours, noise, where two frameworks first differ, and because of what."""
