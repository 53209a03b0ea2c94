"""Is the accuracy of saturated outputs counted from the logits?"""
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training


def variant(activation):
    spec = Spec(Data(first=1000), (Flatten(), Dense(10), Activation(activation)), CategoricalCrossentropy(), SGD(0.1),
                Training(1, 100))
    return Variant(activation, activation, spec, "reported")


SCENARIO = Scenario("saturated", "Saturated outputs", "Is the accuracy counted from the logits?",
                    (variant("sigmoid"), variant("softmax")), (
    Behaviour("high", "the accuracy is above 0.5", ("sigmoid",), lambda trace: float(
        trace["evaluated/test/accuracy"][-1]), low=0.5, epochs=1),))
