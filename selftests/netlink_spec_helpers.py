#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
What the kernel's ynl does as a library only, with the specification:

  attributes            prints a line for each operation: its name, and the sorted
                        names of the attributes that its answers or events have
  listen GROUP COUNT    joins the group, says so by a line on standard output, and
                        prints the first COUNT events, a line of JSON each
"""

import json
import os
import select
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "ynl"))
from lib import YnlFamily  # noqa: E402

# Seconds for each event: emulated machines are slow, and kernels that watch themselves
# are slower.
DEADLINE = 300 if "-localstate-" in os.uname().release else 60


def attributes(family):
    for op in family.msgs.values():
        message = op["event"] if op.is_async else op["dump"]["reply"]
        print(op.name, *sorted(message["attributes"]))


def listen(family, group, count):
    family.ntf_subscribe(group)
    print("listening", flush=True)
    while count:
        if not select.select([family.sock], [], [], DEADLINE)[0]:
            sys.exit("no event came in time")
        family.check_ntf()
        for event in family.async_msg_queue[:count]:
            print(json.dumps(event), flush=True)
            count -= 1
        family.async_msg_queue.clear()


def main():
    family = YnlFamily(os.path.join(HERE, "localstate.yaml"), schema="")
    if sys.argv[1] == "attributes":
        attributes(family)
    else:
        listen(family, sys.argv[2], int(sys.argv[3]))


main()
