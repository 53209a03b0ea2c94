import torch


def load(module, weights):
    def put(convolution, kernel, bias=None):
        convolution.weight.copy_(torch.tensor(kernel.transpose(3, 2, 0, 1)))
        if bias is not None:
            convolution.bias.copy_(torch.tensor(bias))
    cells = getattr(module, "cells", None) or [module.cell]
    with torch.no_grad():
        for i, cell in enumerate(cells):
            kernel, recurrent, bias = weights[3 * i:3 * i + 3]
            put(cell.conv_x, kernel, bias)
            put(cell.conv_h, recurrent)
        put(module.head, *weights[3 * len(cells):])
