"""Runs a command in a pseudo-terminal.

The first line of stdin is a JSON object with argv, env, cwd, columns and rows. Each further one is {"resize": [columns,
rows]} or {"type": text}. What the command writes to the terminal goes to stdout; its exit code is the one of this program.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def lines():
    """Whole lines of stdin, as they come; nothing while there is none."""
    pending = b""
    while True:
        data = os.read(0, 65536)
        if not data:
            return
        *whole, pending = (pending + data).split(b"\n")
        yield [json.loads(line) for line in whole]


def obey(terminal, order):
    if "resize" in order:
        resize(terminal, *order["resize"])
    else:
        os.write(terminal, order["type"].encode())


def main():
    orders = lines()
    start, *early = next(orders)
    child, terminal = pty.fork()
    if child == 0:
        resize(0, start["columns"], start["rows"])
        os.chdir(start["cwd"])
        os.execvpe(start["argv"][0], start["argv"], start["env"])
    for order in early:
        obey(terminal, order)
    sources = [terminal, 0]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if 0 in ready:
            found = next(orders, None)
            if found is None:
                sources.remove(0)
            for order in found or []:
                obey(terminal, order)
        if terminal in ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # Linux's way to say that nobody has it open any more
                break
            if not data:
                break
            while data:
                data = data[os.write(1, data):]
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(code if code >= 0 else 128 - code)


main()
