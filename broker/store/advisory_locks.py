"""The numbers of PostgreSQL's advisory locks: any will do that nothing else in the database uses, each another one."""

# What nodes are: those who count on it share it, who changes it has it alone.
FLEET_LOCK = 0x67656172
# The schema: brokers that start together migrate one after the other.
MIGRATING_LOCK = 0x67656173
# Telling nodes what they have missed: one worker does it for all.
CATCHING_UP_LOCK = 0x67656174
