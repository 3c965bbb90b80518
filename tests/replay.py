"""What the day of the trace costs, by other means than `metering`: exact fractions, and no single invocation.

Reads lines of `FUNCTION PRICE` (smallest units per unit-day) and prints the invocations of those functions and their amount.
"""

import csv
import gzip
import math
import pathlib
import sys
from fractions import Fraction

TRACE = pathlib.Path(__file__).parent / "data" / "azure-functions-2019"
DAY_MS = 24 * 60 * 60 * 1000


def rows(name):
    with gzip.open(TRACE / name, "rt", newline="") as file:
        yield from csv.DictReader(file)


def main():
    durations = {row["HashFunction"]: int(row["Average"]) for row in rows("durations.csv.gz")}
    memory = {row["HashApp"]: int(row["AverageAllocatedMb"]) for row in rows("memory.csv.gz")}
    prices = dict(line.split() for line in sys.stdin)
    invocations = amount = 0
    for row in rows("invocations.csv.gz"):
        name = row["HashFunction"]
        if name not in prices:
            continue
        # A unit is a core and 4,096 MiB; what is used of it is counted in whole thousandths.
        units = Fraction(max(1000, math.ceil(Fraction(1000 * memory[name], 4096))), 1000)
        each = math.ceil(int(prices[name]) * units * Fraction(durations[name], DAY_MS))
        count = sum(int(count) for column, count in row.items() if column.startswith("minute_"))
        invocations += count
        amount += count * each
    print(invocations, amount)


main()
