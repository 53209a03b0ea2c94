"""Mistakes of a user, each in one sentence."""


class UsageError(Exception):
    """A mistake on the command line or in a call; the message is one sentence."""


class NotInstalled(UsageError):
    """A framework is not installed; the message says how to install it."""


class DataError(Exception):
    """Data that cannot be used; the message names the file, its value, the allowed values and what to do."""
