import torch


def load(module, weights):
    table, *dense = map(torch.tensor, weights)
    with torch.no_grad():
        module.embedding.weight.copy_(table)
        for layer, kernel, bias in ((module.ffn, *dense[:2]), (module.out, *dense[2:])):
            layer.weight.copy_(kernel.T)
            layer.bias.copy_(bias)
