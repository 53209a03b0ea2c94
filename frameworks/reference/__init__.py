"""The textbook in NumPy: referee, quick stand-in for tests, engine for searching causes.

It computes every closed spec, and an open one by the textbook's definitions (the defaults in `losses`, `optimizers` and
`initializers`). It departs from the frameworks in that it computes in float64 unless it is told float32, measures the
epoch's loss itself, and ends `undefined` where a definition has no value.
"""


def prepare(settings):
    """Nothing to set: threads are set in the process's environment before NumPy is imported."""
