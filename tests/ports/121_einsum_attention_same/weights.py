import torch


def load(module, weights):
    q, qb, k, kb, v, vb, o, ob, kernel, bias = [torch.tensor(w) for w in weights]
    a = module.attention
    with torch.no_grad():
        for layer, w, b in ((a.to_q, q.flatten(1).T, qb.flatten()), (a.to_k, k.flatten(1).T, kb.flatten()),
                            (a.to_v, v.flatten(1).T, vb.flatten()), (a.to_out, o.flatten(0, 1).T, ob),
                            (module.out, kernel.T, bias)):
            layer.weight.copy_(w)
            layer.bias.copy_(b)
