import itertools
import numpy as np, pytest, time
from scenarios.spec import *
from compare.workers import JobFailed
INF=float("inf")
CCE=[CategoricalCrossentropy(*v) for v in itertools.product(("outputs","softmax_of_logits","softmax_of_outputs"),(False,True),(0.0,0.1),(False,True))]
BCE=[BinaryCrossentropy(*v) for v in itertools.product(("outputs","sigmoid_of_logits","sigmoid_of_outputs"),("refuse","clip","undefined"),(0.0,0.1),(-100.0,-INF),(False,True))]
rng=np.random.default_rng(0)
X=rng.normal(size=(6,5)).astype("f4")
Y=np.eye(3,dtype="f4")[[0,1,2,1,0,2]]
def spec(loss,act):
    return Spec(Data(classes=(0,1,2),flatten=True),(Dense(3),)+((Activation(act),) if act else ()),loss,SGD(0.1),Training(1,6))
def weights(act):
    k=rng2.normal(size=(5,3))
    return {"0.kernel":(k*(0.1 if not act else .6)).astype("f4"),"0.bias":np.array([.5,.45,.55] if not act else [0,.3,-.3],"f4")}
@pytest.mark.parametrize("act",["sigmoid","softmax",None])
@pytest.mark.parametrize("fw",["keras","keras-jax","lightning","reference-float32","keras-torch"])
@pytest.mark.parametrize("kind",["C","B"])
def test_m(probe,fw,act,kind):
    global rng2
    bad=[];ref=[]
    for loss in (CCE if kind=="C" else BCE):
        rng2=np.random.default_rng(1)
        s=spec(loss,act); w=weights(act)
        want=probe("reference",s,w,X,Y)
        try: got=probe(fw,s,w,X,Y)
        except JobFailed as e:
            ref.append((loss,str(e).strip().splitlines()[-1])); continue
        for n in want:
            if n.startswith(("gradient","loss","weight")):
                d=np.abs(got[n]-want[n]).max()/max(np.abs(want[n]).max(),1e-30)
                if not d<6e-5: bad.append((loss,n,float(d)))
    print(fw,act,kind,"z range",want["logits"].min(),want["logits"].max(),want["outputs"].min(),want["outputs"].max())
    for b in bad: print("BAD",b)
    from collections import Counter
    for k,v in Counter(m for _,m in ref).items(): print("REF",v,k, [l for l,m in ref if m==k][0])
