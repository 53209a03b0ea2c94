"""`check`: a user's own two programs, compared stage by stage until nothing differs or the rest is unexplained.

`description` and `runs` read and run the programs in workers; `pairing` pairs parameters and operations, by the
`agreement` of arrays; `forward_pass`, `outputs` and `stages` compare, and `first_difference` goes through them;
`suspects` proposes causes, each with a change in memory; `peeling` confirms them one after the other; `check` is the
whole.
"""
