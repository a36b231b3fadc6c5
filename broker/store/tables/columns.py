"""What every table shares: one metadata with names for constraints, and the kinds of columns."""

from sqlalchemy import BigInteger, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(24)
TIME = String(20)  # YYYY-MM-DDTHH:MM:SSZ, which sorts as it reads
NAME = String(255)
# SQLite numbers rows by itself only where the key is exactly INTEGER.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")
