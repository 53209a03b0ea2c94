"""What is part of a worker's identity: variables, threads, device, packages and our own sources."""

import os
import shutil

import pytest

from compare import HOME
from compare.execution import identity


@pytest.mark.parametrize("variable", ["OPENBLAS_CORETYPE", "LANG"])
def test_variables_of_a_worker_are_part_of_its_identity(monkeypatch, variable):
    before = identity.identity("reference", "cpu", 1)
    monkeypatch.setenv(variable, "Haswell")
    assert identity.identity("reference", "cpu", 1) != before


def test_threads_and_device_are_part_of_an_identity(monkeypatch, tmp_path):
    single, double = (identity.identity("reference", "cpu", threads) for threads in (1, 2))
    assert single != double
    monkeypatch.setattr(identity, "NVIDIA", tmp_path)
    with pytest.raises(identity.NoIdentity, match="which GPU"):
        identity.identity("reference", "cuda", 1)


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_packages_are_part_of_an_identity(tmp_path, change):
    package = tmp_path / "keras" / "src"
    package.mkdir(parents=True)
    file = package / "losses.py"
    file.write_text("EPSILON = 1")
    os.utime(file, ns=(1, 1))
    before = identity.packages((str(tmp_path),))
    identity.forget()
    assert identity.packages((str(tmp_path),)) == before
    if change == "edited":
        file.write_text("EPSILON = 2")
    elif change == "added":
        (tmp_path / "sitecustomize.py").write_text("")
    else:
        file.unlink()
    identity.forget()
    assert identity.packages((str(tmp_path),)) != before


def test_packages_beside_an_installed_copy_of_this_program_are_part_of_an_identity(tmp_path, monkeypatch):
    """Without `-e`, this program stands in the same folder as the frameworks."""
    place = tmp_path / "site-packages"
    monkeypatch.setattr(identity, "HOME", place)
    for package in ("compare", "keras"):
        (place / package).mkdir(parents=True)
        (place / package / "losses.py").write_text("EPSILON = 1")

    def packages():
        identity.forget()
        return identity.packages((str(place),))

    before = packages()
    (place / "compare" / "losses.py").write_text("EPSILON = 2, and hashed by content")
    assert packages() == before
    (place / "keras" / "losses.py").write_text("EPSILON = 2, of another release")
    assert packages() != before
    identity.forget()


def test_our_own_sources_are_part_of_an_identity(monkeypatch, tmp_path):
    before = identity._sources()
    shutil.copytree(HOME / "frameworks", tmp_path / "frameworks")
    monkeypatch.setattr(identity, "SOURCES", tmp_path / "frameworks")
    identity.forget()
    assert identity._sources() == before
    with open(tmp_path / "frameworks" / "parts" / "dense.py", "a", encoding="utf-8") as file:
        file.write("\n")
    identity.forget()
    assert identity._sources() != before
    identity.forget()


def test_code_that_is_put_into_every_process_is_never_stored(monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libjemalloc.so")
    with pytest.raises(identity.NoIdentity):
        identity.identity("reference", "cpu", 1)
