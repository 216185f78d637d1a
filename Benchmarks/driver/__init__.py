"""The driver of `make bench`: see Benchmarks/bench --help."""
