"""The names under which PyTorch's arithmetic is recorded: as a function, a method, in place, and as an operator."""

ADD = ("add", "__add__", "__radd__", "__iadd__", "add_")
MULTIPLY = ("mul", "__mul__", "__rmul__", "__imul__", "mul_")
SUBTRACT = ("sub", "__sub__")
SUBTRACT_FROM = ("rsub", "__rsub__")
DIVIDE = ("div", "__truediv__", "true_divide")
