import torch


def load(module, weights):
    with torch.no_grad():
        for layer, value in zip((module.lin1, module.lin2, module.out), weights):
            layer.weight.copy_(torch.tensor(value.T))
        module.out.bias.copy_(torch.tensor(weights[3]))
