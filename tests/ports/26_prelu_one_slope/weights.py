"""Where the port has one slope for all channels, it gets their mean."""
import torch


def load(module, weights):
    weights = [torch.tensor(w) for w in weights]
    with torch.no_grad():
        for layer, (kernel, bias) in ((module.feature, weights[:2]), (module.shrink, weights[3:5]),
                                      (module.upscale, weights[6:8])):
            layer.weight.copy_(kernel.permute(3, 2, 0, 1))
            layer.bias.copy_(bias)
        for layer, alpha in ((module.prelu1, weights[2]), (module.prelu2, weights[5])):
            layer.weight.copy_(alpha.flatten() if layer.weight.numel() > 1 else alpha.mean())
