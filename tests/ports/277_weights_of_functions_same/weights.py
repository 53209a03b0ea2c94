import torch


def load(module, weights):
    with torch.no_grad():
        for kernel, bias, value, offset in ((module.w1, module.b1, *weights[:2]),
                                            (module.w2, module.b2, *weights[2:4])):
            kernel.copy_(torch.tensor(value.transpose(3, 2, 0, 1)))
            bias.copy_(torch.tensor(offset))
        module.w3.copy_(torch.tensor(weights[4].T))
        module.b3.copy_(torch.tensor(weights[5]))
