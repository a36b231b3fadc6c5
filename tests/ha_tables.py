"""The tables of the rules, computed by the rules: which gears carry the proxy, and how many gears serve."""

import re
from collections.abc import Sequence
from typing import Final

from broker.core.limits import HA_MINIMUM
from broker.core.rotation import gear_ratio, rotates_out
from broker.core.sparse import MultiplierRule, ProxyLimits, grow, wanted_proxies

Row = tuple[str, ...]

_MARKED: Final = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def _limits(multiplier: int, rule: MultiplierRule) -> ProxyLimits:
    return ProxyLimits(minimum=HA_MINIMUM, multiplier=multiplier, rule=rule)


def proxy_gears_table(multipliers: Sequence[int], gears: int, rule: MultiplierRule) -> tuple[Row, ...]:
    """A row for each multiplier: which gears carry the proxy when an HA application grows."""
    rows: list[Row] = [("multiplier", f"proxy gears among the first {gears}")]
    for multiplier in multipliers:
        carries = grow(0, 0, gears, _limits(multiplier, rule))
        rows.append((str(multiplier), ", ".join(str(n) for n, proxy in enumerate(carries, start=1) if proxy)))
    return tuple(rows)


def proxy_counts_table(multipliers: Sequence[int], sizes: Sequence[int], rule: MultiplierRule) -> tuple[Row, ...]:
    """A row for each size: how many gears carry the proxy, by multiplier."""
    header = ("gears", *(f"multiplier {multiplier}" for multiplier in multipliers))
    rows = [
        (str(gears), *(str(wanted_proxies(gears, _limits(multiplier, rule))) for multiplier in multipliers))
        for gears in sizes
    ]
    return (header, *rows)


def serving_table(
    limits: Sequence[int], sizes: Sequence[int], multiplier: int, rule: MultiplierRule
) -> tuple[Row, ...]:
    """A row for each size: the proxy gears, the ratio, and by limit whether they are out and who serves."""
    rows: list[Row] = [("gears", "proxy gears", "ratio", *(f"limit {limit}" for limit in limits))]
    for gears in sizes:
        proxies = wanted_proxies(gears, _limits(multiplier, rule))
        cells = (_cell(gears, proxies, limit) for limit in limits)
        rows.append((str(gears), str(proxies), str(gear_ratio(gears, proxies)), *cells))
    return tuple(rows)


def serving_gears(web_gears: int, proxy_gears: int, limit: int) -> int:
    """How many gears serve requests when all of them are well."""
    return web_gears - proxy_gears if rotates_out(web_gears, proxy_gears, limit) else web_gears


def _cell(gears: int, proxies: int, limit: int) -> str:
    where = "out" if rotates_out(gears, proxies, limit) else "in"
    return f"{where}, {serving_gears(gears, proxies, limit)} serve"


def as_markdown(rows: Sequence[Row]) -> str:
    """The rows as a table, the first as its head."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *body))


def documented_tables() -> dict[str, str]:
    """Every table of the documentation of the rules, by name."""
    multipliers, small = (0, 1, 2, 3, 10), tuple(range(1, 17))
    every, ceil = MultiplierRule.EVERY_MTH, MultiplierRule.CEIL
    ratios = (-1, 1, 2, 3, 4, 5)
    tables = {
        "proxy-gears-every-mth": proxy_gears_table(multipliers, 50, every),
        "proxy-gears-ceil": proxy_gears_table(multipliers, 50, ceil),
        "proxy-counts": proxy_counts_table(multipliers, (*small, 20, 30, 40, 50), every),
    }
    for multiplier in multipliers:
        tables[f"serving-multiplier-{multiplier}"] = serving_table(ratios, small, multiplier, every)
    return {name: as_markdown(rows) for name, rows in tables.items()}


def with_tables(text: str) -> str:
    """The text with every table between `<!-- table: NAME -->` and `<!-- /table -->` computed anew.

    ValueError for a name that is none of `documented_tables`.
    """
    tables = documented_tables()

    def computed(found: re.Match[str]) -> str:
        if found[2] not in tables:
            raise ValueError(f"no table is called {found[2]}; there are {', '.join(sorted(tables))}")
        return f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}"

    return _MARKED.sub(computed, text)
