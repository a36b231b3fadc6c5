"""One module a noun: what a request may give, and what an answer shows; the same file names as the resources."""
