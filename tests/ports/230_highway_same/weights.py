import torch


def load(module, weights):
    highway = module.highway
    order = [highway.gate[0], highway.nonlinear[0], highway.gate[1], highway.nonlinear[1], module.out]
    with torch.no_grad():
        for i, linear in enumerate(order):
            linear.weight.copy_(torch.tensor(weights[2 * i].T))
            linear.bias.copy_(torch.tensor(weights[2 * i + 1]))
