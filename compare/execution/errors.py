"""Mistakes of a user, each in one sentence."""


class UsageError(Exception):
    """A mistake on the command line or in a call; the message is one sentence."""


class NotInstalled(UsageError):
    """A framework is not installed; the message says how to install it."""
