"""Other routing engines, asked the questions we answer: Valhalla and OSRM, from the same OSM extract.

For proof and for benchmarks only. ``make peers`` puts their executables in ``.peers/engines``; nothing of the
service imports this package, except ``accueil30 validate times``.
"""
