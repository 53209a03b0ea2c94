import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    with torch.no_grad():
        module.attention.in_proj_weight.copy_(torch.cat([p.flatten(1).T for p in (w[2], w[4], w[6])]))
        module.attention.in_proj_bias.copy_(torch.cat([p.flatten() for p in (w[3], w[5], w[7])]))
        for layer, weight, bias in ((module.norm, w[0], w[1]), (module.attention.out_proj, w[8].flatten(0, 1).T, w[9]),
                                    (module.head, w[10].T, w[11])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
