import torch


def load(module, weights):
    kernel = lambda w: torch.tensor(w).permute(3, 2, 0, 1)
    stem, stem_b, a, a_b, p, p_b = weights[:6]
    if a.shape[0] == 1:
        a, a_b, p, p_b = p, p_b, a, a_b
    with torch.no_grad():
        for layer, w, b in ((module.stem, stem, stem_b), (module.branches["atrous"], a, a_b),
                            (module.branches["point"], p, p_b)):
            layer.weight.copy_(kernel(w))
            layer.bias.copy_(torch.tensor(b))
        module.classes.weight.copy_(torch.tensor(weights[6].T))
        module.classes.bias.copy_(torch.tensor(weights[7]))
