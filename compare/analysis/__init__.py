"""Analysis of traces: behaviours, rounding noise, first divergences, and their causes."""
