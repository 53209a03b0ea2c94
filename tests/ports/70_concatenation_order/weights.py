"""Keras orders the layers of a functional model by depth: deep1, wide, deep2, score."""
import torch


def load(module, weights):
    layers = (module.deep[0], module.wide, module.deep[2], module.score)
    with torch.no_grad():
        for i, layer in enumerate(layers):
            layer.weight.copy_(torch.tensor(weights[2 * i].T))
            layer.bias.copy_(torch.tensor(weights[2 * i + 1]))
