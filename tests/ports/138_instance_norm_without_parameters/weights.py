import torch


def load(module, weights):
    conv, gamma, beta, kernel, bias = map(torch.tensor, weights)
    with torch.no_grad():
        module[0].weight.copy_(conv.permute(3, 2, 0, 1))
        if module[2].weight is not None:
            module[2].weight.copy_(gamma)
            module[2].bias.copy_(beta)
        module[5].weight.copy_(kernel.T)
        module[5].bias.copy_(bias)
