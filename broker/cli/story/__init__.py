"""The story of an application that becomes highly available, told through the broker's own REST API."""
