import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    with torch.no_grad():
        for a, (q, qb, k, kb, v, vb, o, ob) in ((module.self_attention, w[0:8]), (module.cross_attention, w[10:18])):
            a.in_proj_weight.copy_(torch.cat([p.flatten(1).T for p in (q, k, v)]))
            a.in_proj_bias.copy_(torch.cat([p.flatten() for p in (qb, kb, vb)]))
            a.out_proj.weight.copy_(o.flatten(0, 1).T)
            a.out_proj.bias.copy_(ob)
        for layer, weight, bias in ((module.norm_1, *w[8:10]), (module.norm_2, *w[18:20]),
                                    (module.tokens, w[20].T, w[21])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
