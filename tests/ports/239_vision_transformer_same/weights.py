import torch


def load(module, weights):
    w = [torch.tensor(v) for v in weights]
    with torch.no_grad():
        module.patch_embed.weight.copy_(w[0].permute(3, 2, 0, 1))
        module.patch_embed.bias.copy_(w[1])
        module.cls_token.copy_(w[2])
        module.pos_embed.copy_(w[3])
        for i, block in enumerate(module.blocks):
            n1, b1, q, qb, k, kb, v, vb, o, ob, n2, b2, f1, fb1, f2, fb2 = w[4 + 16 * i:20 + 16 * i]
            block.attn.qkv.weight.copy_(torch.cat([p.flatten(1).T for p in (q, k, v)]))
            block.attn.qkv.bias.copy_(torch.cat([p.flatten() for p in (qb, kb, vb)]))
            for layer, weight, bias in ((block.norm1, n1, b1), (block.attn.proj, o.flatten(0, 1).T, ob),
                                        (block.norm2, n2, b2), (block.fc1, f1.T, fb1), (block.fc2, f2.T, fb2)):
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
        for layer, weight, bias in ((module.norm, *w[36:38]), (module.head, w[38].T, w[39])):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
