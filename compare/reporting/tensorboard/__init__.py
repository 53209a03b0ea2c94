"""TensorBoard output of a run: one module per dashboard, and `serve` for the `browse` command.

Folders below `tensorboard/` in the folder of a run:

    reported/    the variants of the question: VARIANT/FRAMEWORK, and VARIANT/reported for the reported numbers
                 answer          texts, images, the custom-scalar layout, the hyperparameter columns
                 answer/…        the curves of each behaviour, one run per framework; controls are included
    controls/    the other variants
    seeds/       the further seeds of a run with several, VARIANT/FRAMEWORK-SEED

They are separate because TensorBoard has only seven colors.
"""
