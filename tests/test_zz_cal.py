import numpy as np, pytest, itertools, json
from compare import noise, gates
from frameworks import samples, trial
from frameworks.quirks import fill
from scenarios.fields import to_json, changed
from scenarios.spec import *
CLOSED = Spec(Data(divisor=255.0), (Flatten(), Dense(10, GlorotUniform(), Zeros()), Activation("softmax")),
    CategoricalCrossentropy("softmax_of_logits", False, 0.0, True), SGD(0.01,0.0,False), Training(2,32,True), Accuracy("argmax_outputs",0.5))
HID = changed(CLOSED, {"layers": (Flatten(), Dense(30, GlorotUniform(), Zeros()), Activation("sigmoid"), Dense(10, GlorotUniform(), Zeros()), Activation("softmax")), "optimizer": Adam(0.001,0.9,0.999,1e-8,"after_correction")})
RMS = changed(CLOSED, {"optimizer": RMSprop(0.001,0.9,0.0,1e-7,"outside_root")})
RELU = changed(HID, {"layers.2": Activation("relu"), "optimizer": SGD(0.1,0.9,False)})
MSE = changed(HID, {"layers.2": Activation("tanh"), "loss": MeanSquaredError(), "optimizer": SGD(1.0,0.0,False)})
BCE = Spec(Data(classes=(0,1),divisor=255.0,flatten=True,labels="index"), (Dense(100,GlorotUniform(),Zeros(),trainable=False),Activation("relu"),Dense(1,GlorotUniform(),Zeros()),Activation("sigmoid")), BinaryCrossentropy("sigmoid_of_logits","clip",0.0,-INFINITY,True), Adam(0.001,0.9,0.999,1e-7,"before_correction"), Training(5,"all",False), Accuracy("threshold",0.5))
CLIP = changed(BCE, {"layers": BCE.layers[:-1], "loss": BinaryCrossentropy("outputs","clip",1e-7,-INFINITY,False)})
PROB = changed(CLOSED, {"loss": CategoricalCrossentropy("outputs", True, 1e-7, False), "layers.2": Activation("sigmoid")})
RAW = changed(CLOSED, {"data.divisor": 1.0})
RAWSIG = changed(RAW, {"layers.2": Activation("sigmoid")})
@pytest.mark.parametrize("name",["CLOSED","HID","RMS","RELU","MSE","BCE","CLIP","PROB","RAW","RAWSIG"])
@pytest.mark.parametrize("seed",[0,1,2])
def test_cal(train,dataset,folder,name,seed):
    spec=globals()[name]
    traces={f:train(f,spec,seed) for f in ("keras","lightning","reference","reference-float32","keras-jax")}
    x,y=samples.load(str(dataset.folder),"train",to_json(spec)["data"])
    one=traces["reference-float32"]
    import compare.start as st
    order=st.order(spec,len(x),seed,folder)
    order=np.load(order) if order else None
    batch=trial.batch_size(to_json(spec),len(x))
    start=np.load(st.weights(spec,seed,folder))
    out=open("/tmp/play/cal.txt","a")
    for step in sorted(set.intersection(*[set(t.probed_steps()) for t in traces.values()])):
        for pair in itertools.combinations(traces,2):
            a,b=(traces[f] for f in pair)
            rows=trial.rows_of(step,order,a.facts["steps_per_epoch"],batch,len(x))
            base=a
            w=dict(start); w.update(base.below(f"state/{step}/weight"))
            n=noise.noise(spec,w,base.below(f"state/{step}/slot"),x[rows],y[rows])
            if n is None: out.write(f"{name} {seed} {step} {pair} NOISE NONE\n"); continue
            for t in a.below(f"probe/{step}"):
                if t not in n or t=="slot/step": continue
                g=gates._worst("x",t,a[f"probe/{step}/{t}"],b[f"probe/{step}/{t}"],n)
                r=g.size/g.noise if g.noise else (0 if g.size==0 else float("inf"))
                out.write(f"{name}\t{seed}\t{step}\t{pair[0]}\t{pair[1]}\t{t}\t{r:.4g}\t{g.size:.3g}\t{g.noise:.3g}\t{a.outcome['kind']}\n")
