import torch


def load(module, weights):
    q, qb, k, kb, v, vb, o, ob, g, b, kernel, bias = [torch.tensor(w) for w in weights]
    a = module.attention
    with torch.no_grad():
        for layer, w, c in ((a.q, q.flatten(1).T, qb.flatten()), (a.k, k.flatten(1).T, kb.flatten()),
                            (a.v, v.flatten(1).T, vb.flatten()), (a.proj, o.flatten(0, 1).T, ob),
                            (module.norm, g, b), (module.out, kernel.T, bias)):
            layer.weight.copy_(w)
            layer.bias.copy_(c)
