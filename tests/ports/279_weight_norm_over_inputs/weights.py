import torch


def load(module, weights):
    with torch.no_grad():
        for i, layer in enumerate((module[0], module[2])):
            v, g, b = weights[3 * i:3 * i + 3]
            layer.v.copy_(torch.tensor(v.T))
            layer.g.copy_(torch.tensor(g))
            layer.b.copy_(torch.tensor(b))
