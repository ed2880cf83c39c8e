# SPDX-License-Identifier: GPL-2.0-only
"""What the scripts here share: reading bench.json, and the identity of its entries."""

import json
import sys

# What an entry tells; all else in it says what it is about.
FIGURES = {
    "median", "min", "p90", "samples", "n",
    "slab_objects", "slab_pages", "vmalloc",
    "q1", "q3", "max", "rounds",
}


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    if not isinstance(result, dict) or result.get("schema") != 1:
        sys.exit(f"{path}: not a bench.json of schema 1")
    check(path, result, "kernels", dict)
    for kind, figure in (("counts", "median"), ("memory", "slab_pages"), ("throughput", "median")):
        check(path, result, kind, list)
        for entry in result[kind]:
            if not isinstance(entry, dict) or "kernel" not in entry or \
                    not isinstance(entry.get(figure), (int, float)):
                sys.exit(f"{path}: {kind}: no kernel or no {figure} in {entry}")
    return result


def check(path, result, name, kind):
    if not isinstance(result.get(name), kind):
        sys.exit(f"{path}: no {name}, or it is no {kind.__name__}")


def key(entry):
    """The same for two entries about the same thing, in two files."""
    return tuple(sorted((k, v) for k, v in entry.items() if k not in FIGURES))


def label(entry):
    """For people, without the kernel."""
    words = []
    if "op" in entry:
        words.append(entry["op"])
    if "memory" in entry:
        words.append(f"bytes per {entry['memory']}")
    if "peer" in entry:
        words.insert(0, f"{entry['peer']}:")
    words += [f"{v:,} {k}" for k, v in entry.items()
              if k not in FIGURES and k not in ("kernel", "op", "memory", "peer")]
    return " ".join(words)


def find(result, kernel, op, **about):
    """The median of one count, or None."""
    wanted = {"kernel": kernel, "op": op, **about}
    for entry in result["counts"]:
        if all(entry.get(k) == v for k, v in wanted.items()):
            return entry["median"]
    return None


def rows(result, kind):
    """(label, {kernel: entry}) in the order of the file."""
    table = {}
    for entry in result[kind]:
        table.setdefault(label(entry), {})[entry["kernel"]] = entry
    return table.items()
