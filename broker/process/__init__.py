"""What the process itself gives to the use cases: time, ids, hashes of passwords, gates and signals."""
