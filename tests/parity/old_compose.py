"""docker-compose 1.29 without its start: the program is imported once, and each command is a fork of that. Starting Python and
importing takes it half a second, which over hundreds of commands is most of a run.

As a program (`old_compose.py SOCKET`) it waits on a socket; Commands.start is the other end. A request is a JSON line with
arguments, folder and environment, and brings the three standard descriptors along; the answers are the process id, and its end."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

PROGRAM = "/usr/bin/docker-compose"
PYTHON = "/usr/bin/python3"  # for which Debian has it


def become(request, descriptors):
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = [PROGRAM, *request["arguments"]]
    from compose.cli.main import main
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 1
    # As at the end of a program, but for the threads that wait for it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve(connection):
    text, parts, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    child = os.fork()
    if child == 0:
        connection.close()
        become(json.loads(text), parts)
    for descriptor in parts:
        os.close(descriptor)
    connection.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def main(path):
    import compose.cli.main  # noqa: F401 - what the forks then have
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(connection)
            os._exit(0)
        connection.close()


class Command:
    """A command that runs; as much of subprocess.Popen as is asked for."""

    def __init__(self, connection):
        self.answers = connection.makefile("r")
        self.pid = int(self.answers.readline())
        self.connection, self.returncode = connection, None

    def poll(self):
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout=None):
        if self.returncode is None:
            self.connection.settimeout(timeout if timeout else 0.001)
            try:
                self.returncode = int(self.answers.readline())
            except (TimeoutError, OSError) as late:
                # A file of a socket is of no use after a timeout.
                self.answers = self.connection.makefile("r")
                raise subprocess.TimeoutExpired(PROGRAM, timeout) from late
            self.connection.close()
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)


class Commands:
    """Those of one host; `place`: the command line that runs a program there."""

    def __init__(self, path, place):
        self.path = path
        self.process = subprocess.Popen([*place, PYTHON, "-B", os.path.abspath(__file__), path])
        deadline = time.monotonic() + 20
        while not os.path.exists(path) and time.monotonic() < deadline:
            time.sleep(0.02)

    def start(self, arguments, folder, environment, stdin, stdout, stderr):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        request = json.dumps({"arguments": arguments, "folder": folder, "environment": environment}) + "\n"
        socket.send_fds(connection, [request.encode()], [stdin, stdout, stderr])
        return Command(connection)

    def end(self):
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    main(sys.argv[1])
