import torch


def load(module, weights):
    """Keras has the layers of a module by their distance from its output: the 1x1 before 3x3 and 5x5 first."""
    with torch.no_grad():
        for i, block in enumerate((module.a, module.b)):
            one, three, five, pool = block.branches
            convolutions = [three[0], five[0], one, three[1], five[1], pool[1]]
            for j, part in enumerate(convolutions):
                kernel, bias = weights[12 * i + 2 * j:12 * i + 2 * j + 2]
                part.conv.weight.copy_(torch.tensor(kernel.transpose(3, 2, 0, 1).copy()))
                part.conv.bias.copy_(torch.tensor(bias))
        module.head.weight.copy_(torch.tensor(weights[24].T.copy()))
        module.head.bias.copy_(torch.tensor(weights[25]))
