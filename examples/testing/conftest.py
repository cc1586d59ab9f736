"""A project for the tests of this folder: up before the first of them, gone after the last."""
import os
import subprocess
import uuid

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))


class Project:
    def __init__(self):
        self.name = f"shop-{uuid.uuid4().hex[:8]}"  # one for each run, and for each worker of xdist

    def compose(self, *arguments, check=True):
        return subprocess.run(["compose", "-p", self.name, "-f", f"{HERE}/compose.yaml", *arguments], check=check,
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

    def address(self, service, port):
        """Where a container's port is on this machine: "127.0.0.1:32768"."""
        found = self.compose("port", service, str(port)).stdout.strip()
        return found.replace("0.0.0.0", "127.0.0.1")

    def run(self, service, *command):
        """A job in a container of its own, which is removed after it; `returncode` and `stdout` are the command's."""
        return self.compose("run", "--rm", "-T", service, *command, check=False)


@pytest.fixture(scope="session")
def project(request):
    project = Project()
    # Before `up`, so that what a failed one has left goes as well.
    request.addfinalizer(lambda: project.compose("down", "-v", "-t", "0", "--remove-orphans"))
    project.compose("up", "--wait", "--wait-timeout", "60")
    yield project
    if request.session.testsfailed:
        print(project.compose("logs", "--no-color").stdout)
