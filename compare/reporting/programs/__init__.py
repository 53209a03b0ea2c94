"""The answer of `check`: `facts` has numbers and enums, from which text, page, SARIF and TensorBoard's data are
rendered.
"""
