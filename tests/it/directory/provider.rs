//! The example of a provider in Python, and faults of one, seen from the wire.
