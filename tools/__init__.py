"""Programs for those who work on gearbroker, beside the product."""
