"""The depthwise bias of the port has no counterpart: it starts at zero, as a Keras bias does."""
import torch


def load(module, weights):
    with torch.no_grad():
        for i, name in enumerate(("sep1", "sep2")):
            layer, (depthwise, pointwise, bias) = getattr(module, name), map(torch.tensor, weights[3 * i:3 * i + 3])
            layer.depthwise.weight.copy_(depthwise.permute(2, 3, 0, 1))
            layer.pointwise.weight.copy_(pointwise.permute(3, 2, 0, 1))
            layer.pointwise.bias.copy_(bias)
            if layer.depthwise.bias is not None:
                layer.depthwise.bias.zero_()
        module.prediction.weight.copy_(torch.tensor(weights[6].T))
        module.prediction.bias.copy_(torch.tensor(weights[7]))
