"""A whole platform in one process, driving the same use cases; the one place that runs broker, nodes and routers."""
