"""Null cases: changes of a training that only move its rounding."""

from faulty import SUMMED_BACKWARDS, UP, InBlocks, OneByOne, summed

NULLS = {"repetition": {}, "float64": {"dtype": "float64"}, "reversed summation": {"faults": SUMMED_BACKWARDS},
         "sequential summation": {"faults": summed(OneByOne)}, "blocked summation": {"faults": summed(InBlocks)},
         "initialization moved by one ulp": {"faults": UP}}
MIXED = {**NULLS, "reversed summation and moved initialization": {"faults": (*SUMMED_BACKWARDS, *UP)}}
