"""The architectures of `keras.applications` with random weights, as one would train them on ten classes."""
import keras

SIDE = 64


def compiled(architecture):
    """Returns an architecture for images of ten classes, compiled."""
    model = architecture(weights=None, input_shape=(SIDE, SIDE, 3), classes=10)
    model.compile(keras.optimizers.SGD(0.001), "sparse_categorical_crossentropy")
    return model


def mobilenet_v2():
    return compiled(keras.applications.MobileNetV2)


def resnet50():
    return compiled(keras.applications.ResNet50)


def vgg16():
    return compiled(keras.applications.VGG16)


def efficientnet_b0():
    return compiled(keras.applications.EfficientNetB0)
