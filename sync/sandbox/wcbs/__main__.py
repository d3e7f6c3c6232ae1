"""`python -m sync.sandbox.wcbs`: serve until it is stopped, and say what to type where."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from sync.sandbox import choices
from sync.sandbox.wcbs.api import Wcbs
from sync.sandbox.wcbs.certificates import authority_path
from sync.sandbox.wcbs.faults import FAULTS, host_of


def main(arguments):
    """Returns the exit status; what goes wrong is one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m sync.sandbox.wcbs", description=sys.modules[__package__].__doc__)
    parser.add_argument("--port", type=int, default=8323, help="of every address, default 8323; 0 takes a free one")
    parser.add_argument(
        "--tls-dir", type=Path, default=Path(".data/sandbox-tls"), metavar="DIR", help="where the certificates are kept"
    )
    parser.add_argument("--client-id", default=choices.WCBS_CLIENT, help=f"default {choices.WCBS_CLIENT}")
    parser.add_argument("--client-secret", default=choices.WCBS_SECRET, help="the default is said at the start")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except OSError as problem:
        why = os.strerror(problem.errno)
        print(f"Cannot listen on port {options.port}: {why}. Choose another --port.", file=sys.stderr)
        return 1
    return 0


async def _serve(options):
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    wcbs = Wcbs(options.client_id, options.client_secret)
    await wcbs.start(options.tls_dir, options.port)
    print(f"WCBS sandbox on https://localhost:{wcbs.port}/Wcbs.API", flush=True)
    print(f"Client id {wcbs.client_id}\nClient secret {wcbs.client_secret}", flush=True)
    print(f"Certificate authority {authority_path(options.tls_dir)}", flush=True)
    for name, fault in FAULTS.items():
        print(f"https://{host_of(name)}:{wcbs.port}  {fault.help}", flush=True)
    await stopped.wait()
    await wcbs.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
