import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    with torch.no_grad():
        kernels, biases = torch.stack([w[2], w[4], w[6]], 2), torch.stack([w[3], w[5], w[7]], 1)  # (8, heads, 3, 4)
        module.qkv.weight.copy_(kernels.flatten(1).T)
        module.qkv.bias.copy_(biases.flatten())
        for layer, weight, bias in ((module.norm, w[0], w[1]), (module.proj, w[8].flatten(0, 1).T, w[9]),
                                    (module.head, w[10].T, w[11])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
