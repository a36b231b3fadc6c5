"""One repository a noun: rows to core values and back."""
