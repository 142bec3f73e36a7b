"""Several workers at one plan: processes that meet only in the store.

The driver (``crew``) saves what was asked as data (``orders``), starts workers through a thin adapter (``local``,
``on_slurm``, ``on_ray``) and follows their events. A worker (``worker``) makes the same plan again, picks units of work
(``units``) under leases (``store.leases``), and leaves objects, rows, events and marks of failures (``ledger``).
Nothing comes back from it but its exit code.
"""
