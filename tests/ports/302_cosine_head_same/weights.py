import torch


def load(module, weights):
    depthwise, slopes, dense, head = (torch.tensor(w) for w in weights)
    with torch.no_grad():
        module.dw.weight.copy_(depthwise.permute(2, 3, 0, 1).reshape(3, 1, 3, 3))
        module.act.weight.copy_(slopes.reshape(-1))
        module.fc.weight.copy_(dense.T)
        module.head.weight.copy_(head.T)
