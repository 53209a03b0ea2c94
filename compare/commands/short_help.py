"""The help texts of the commands with few arguments; `check` and `upgrade` have their own."""

from __future__ import annotations

from compare.commands.help_page import page
from compare.execution.settings import KEYS

FINISHED_RUN = "folder of the run; default: the newest in runs"
SCENARIO = "a scenario, by its name or its file"
TRAINING = {f"{name}=": KEYS[name] for name in ("data", "data.dir", "out", "threads", "limit", "executor")}
PAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "show": ("[out=FOLDER] [scenario=NAME]", "Prints the answer of a finished run again.", {
        "out=": FINISHED_RUN, "scenario=": "of a run of several scenarios, the one to print; default: all"}),
    "browse": ("[out=FOLDER] [variants=VIEW]", "Opens a run in TensorBoard, on this machine only.", {
        "out=": FINISHED_RUN, "scenario=": "of a run of several scenarios, the one to open",
        "variants=": "reported (default), controls (the other variants), seeds (the further seeds), or all",
        "port=": "port of TensorBoard; default the first free one from 6006 on"}),
    "environments": ("[ACTION]", "Lists the environments of old Keras versions and your own; builds, registers or "
                                 "removes one.", {
        "install=NAMES": "builds old Keras versions, by their names in the list, or all",
        "add NAME python=PATH": "registers your own virtual environment, by its folder or its interpreter, as the "
                                "framework NAME; framework=keras, keras-jax, keras-torch or lightning, if it has "
                                "several",
        "remove NAME": "deletes an old Keras that was built, or unregisters your own environment, which stays as it is",
        "remove locks": "deletes the environments that `upgrade` has built"}),
    "when": ("scenario=NAME behaviour=NAME [key=value …]",
             "Bisects Keras versions: when did a behaviour appear and disappear?", {
        "scenario=": SCENARIO, "behaviour=": "the behaviour; a wrong name lists all",
        "install=": "auto builds every old Keras first; default: those that are built", **TRAINING}),
    "catalogue": ("[scenario=FAMILY,…] [key=value …]",
                  "Runs every known difference and checks it against its expected verdict.", {
        "scenario=": "families of known differences; a wrong name lists all; default: every family",
        "install=": "auto builds the old Keras versions that a family needs", **TRAINING}),
    "store": ("[ACTION]", "Lists, verifies or removes the stored trainings.", {
        "list": "where they are, how many, and their size (the default)",
        "verify": "reads every stored training, and sets damaged ones aside",
        "prune size=SIZE": "removes those that were not used for the longest time, down to a size such as 2GB"}),
    "code": ("scenario=NAME variant=NAME framework=NAME",
             "Prints a variant as the program that a user of Keras or Lightning would write.", {
        "scenario=": SCENARIO, "variant=": "the variant; a wrong name lists all",
        "framework=": "keras, keras-jax, keras-torch or lightning", "epochs=": "trains no longer than this"}),
}
"""By command: its arguments, what it does, and the meaning of each argument."""


def usage(command: str) -> str:
    """Returns the help text of a command in `PAGES`."""
    arguments, summary, meanings = PAGES[command]
    return page(f"python -m compare {command} {arguments}", summary, ("arguments", meanings),
                "python -m compare --help lists all commands, scenarios and exit codes.")
