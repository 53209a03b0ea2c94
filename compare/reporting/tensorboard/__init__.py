"""What a run leaves for TensorBoard: one module a dashboard, and `browse` to look at it.

    asked/       what was asked about: VARIANT/FRAMEWORK, and VARIANT/asked for the question's own numbers
                 answer          texts, images, the pages of the custom scalars, the columns of the hyperparameters
                 answer/…        the curves of each behaviour, one run a framework, also those of controls
    controls/    the other variants
    starts/      the further starts of a run with several, VARIANT/FRAMEWORK-SEED

The three are looked at apart, since TensorBoard has seven colours.
"""
