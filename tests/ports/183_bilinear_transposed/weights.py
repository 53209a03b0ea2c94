import torch


def load(module, weights):
    a, a_bias, b, b_bias, matrix = [torch.tensor(w) for w in weights]
    with torch.no_grad():
        module.a.weight.copy_(a.T)
        module.a.bias.copy_(a_bias)
        module.b.weight.copy_(b.T)
        module.b.bias.copy_(b_bias)
        module.matrix.copy_(matrix)
