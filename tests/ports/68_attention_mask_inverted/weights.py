import torch


def load(module, weights):
    q, qb, k, kb, v, vb, o, ob, kernel, bias = [torch.tensor(w) for w in weights]
    a = module.causal_attention
    with torch.no_grad():
        a.in_proj_weight.copy_(torch.cat([w.flatten(1).T for w in (q, k, v)]))
        a.in_proj_bias.copy_(torch.cat([b.flatten() for b in (qb, kb, vb)]))
        a.out_proj.weight.copy_(o.flatten(0, 1).T)
        a.out_proj.bias.copy_(ob)
        module.next_token.weight.copy_(kernel.T)
        module.next_token.bias.copy_(bias)
