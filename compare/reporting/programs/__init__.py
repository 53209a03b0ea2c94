"""The answer of `check`: `facts` (numbers and enums) first, then text, page, SARIF and TensorBoard from them."""
