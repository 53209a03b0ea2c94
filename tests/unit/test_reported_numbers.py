"""The reported numbers of the scenarios, compared with the output that stands in the questions, epoch by epoch."""

import pytest

from scenarios import accuracy_below_chance, lr_scaling

NAMES = ("train/loss", "train/accuracy", "test/loss", "test/accuracy")
RATE_0_01 = """
    loss: 315.4696 - accuracy: 0.8432 - val_loss: 195.9139 - val_accuracy: 0.8957
    loss: 263.0978 - accuracy: 0.8674 - val_loss: 233.7138 - val_accuracy: 0.8782
    loss: 251.8907 - accuracy: 0.8730 - val_loss: 208.0299 - val_accuracy: 0.8906
    loss: 246.9039 - accuracy: 0.8754 - val_loss: 229.8979 - val_accuracy: 0.8937
    loss: 234.6116 - accuracy: 0.8786 - val_loss: 263.7991 - val_accuracy: 0.8682
    loss: 239.2780 - accuracy: 0.8781 - val_loss: 217.1707 - val_accuracy: 0.8892
    loss: 235.9433 - accuracy: 0.8805 - val_loss: 233.0448 - val_accuracy: 0.8926
    loss: 237.9058 - accuracy: 0.8812 - val_loss: 229.1561 - val_accuracy: 0.8912
    loss: 235.2525 - accuracy: 0.8826 - val_loss: 318.9307 - val_accuracy: 0.8683
    loss: 238.1098 - accuracy: 0.8810 - val_loss: 275.0455 - val_accuracy: 0.8809"""
RATE_0_03 = """
    loss: 931.7540 - accuracy: 0.8417 - val_loss: 618.5505 - val_accuracy: 0.8952
    loss: 767.9313 - accuracy: 0.8701 - val_loss: 618.2877 - val_accuracy: 0.8940
    loss: 756.3298 - accuracy: 0.8730 - val_loss: 847.1705 - val_accuracy: 0.8582
    loss: 739.8559 - accuracy: 0.8748 - val_loss: 687.9159 - val_accuracy: 0.8901
    loss: 731.3071 - accuracy: 0.8760 - val_loss: 693.1130 - val_accuracy: 0.8942
    loss: 728.4488 - accuracy: 0.8787 - val_loss: 685.3834 - val_accuracy: 0.8841
    loss: 712.8240 - accuracy: 0.8798 - val_loss: 640.9078 - val_accuracy: 0.8972
    loss: 693.1299 - accuracy: 0.8811 - val_loss: 657.0080 - val_accuracy: 0.8902
    loss: 700.5771 - accuracy: 0.8803 - val_loss: 739.0408 - val_accuracy: 0.8871
    loss: 696.2348 - accuracy: 0.8833 - val_loss: 785.1879 - val_accuracy: 0.8762"""
FROM_EPOCH_180 = """
    loss: 0.0107 - accuracy: 0.2355
    loss: 0.0114 - accuracy: 0.2568
    loss: 0.0128 - accuracy: 0.2726
    loss: 0.0133 - accuracy: 0.2839
    loss: 0.0134 - accuracy: 0.2887
    loss: 0.0110 - accuracy: 0.2842
    loss: 0.0101 - accuracy: 0.2722
    loss: 0.0094 - accuracy: 0.2583"""


@pytest.mark.parametrize("reported, output, first", [
    (lr_scaling.REPORTED_0_01, RATE_0_01, 1), (lr_scaling.REPORTED_0_03, RATE_0_03, 1),
    (accuracy_below_chance.REPORTED, FROM_EPOCH_180, 180)])
def test_every_reported_number_is_that_of_the_question(reported, output, first):
    epochs = [[float(each.split(": ")[1]) for each in line.split(" - ")] for line in output.strip().splitlines()]
    expected = {f"reported/{name}": numbers for name, numbers in zip(NAMES, map(list, zip(*epochs)))}
    assert {name: list(numbers[first - 1:]) for name, numbers in reported.items()} == expected
    assert all(number is None for numbers in reported.values() for number in numbers[:first - 1])
