"""What a page view costs, as a multiple of what the least possible application would need.

`make bench` starts the product and the floor application (`benchmarks.floor`) side by side, sends
both the same visits in turn, and writes the ratios to docs/benchmarks.md. How to read them and how
to find out what a page spends its time on: docs/developers/performance.md.
"""
