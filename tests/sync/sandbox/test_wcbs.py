"""`python -m sync.sandbox.wcbs`; tests/sync/wcbs asks it everything."""

import signal
import socket
import subprocess
import sys

from sync.sandbox.wcbs.faults import FAULTS
from tests.tools.waiting import wait_for_line


def test_it_says_what_to_type_and_refuses_a_port_that_is_taken_in_one_sentence(tmp_path):
    command = [sys.executable, "-m", "sync.sandbox.wcbs", "--tls-dir", str(tmp_path), "--port"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run([*command, port], capture_output=True, text=True)
    process = subprocess.Popen([*command, "0"], stdout=subprocess.PIPE, bufsize=0)
    try:
        printed = wait_for_line(process.stdout, FAULTS["wrong_host"].help, limit_s=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.stdout.close()

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Cannot listen on port {port}: Address already in use. Choose another --port.\n"
    assert "WCBS sandbox on https://localhost:" in printed
    assert "Client id WONDEAPI\nClient secret " in printed
    assert all(fault.help in printed for fault in FAULTS.values())
