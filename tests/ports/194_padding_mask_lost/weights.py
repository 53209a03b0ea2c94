import torch


def load(module, weights):
    table, q, qb, k, kb, v, vb, o, ob, kernel, bias = [torch.tensor(w) for w in weights]
    a = module.attention
    with torch.no_grad():
        module.embedding.weight.copy_(table)
        a.in_proj_weight.copy_(torch.cat([p.flatten(1).T for p in (q, k, v)]))
        a.in_proj_bias.copy_(torch.cat([p.flatten() for p in (qb, kb, vb)]))
        a.out_proj.weight.copy_(o.flatten(0, 1).T)
        a.out_proj.bias.copy_(ob)
        module.out.weight.copy_(kernel.T)
        module.out.bias.copy_(bias)
