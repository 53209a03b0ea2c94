import keras
from keras import layers


def build():
    inputs = keras.Input((8, 8, 4))
    x = layers.DepthwiseConv2D(5, padding="same", name="dw")(inputs)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    x = layers.Dense(16, activation="gelu", name="pw1")(x)
    x = layers.Dense(4, name="pw2")(x)
    x = layers.Add()([inputs, x])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="head_norm")(x)
    outputs = layers.Dense(6, activation="softmax", name="head")(x)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(3e-4, 10, warmup_target=3e-3, warmup_steps=3), weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model
