"""The images of the scenarios, made of busybox by Docker's classic builder without running anything, and loaded into both."""
import os
import subprocess

from docker_daemon import CannotRun, run

# Waits for SIGTERM and ends with 0.
IDLE = '["sh", "-c", "trap \'exit 0\' TERM INT; echo ready; while :; do sleep 1000 & wait $!; done"]'
IMAGES = {
    "idle": f"CMD {IDLE}",
    "one": f'ENV WHICH=1\nLABEL org.example.which=1\nCMD {IDLE}',
    "two": f'ENV WHICH=2\nLABEL org.example.which=2\nCMD {IDLE}',
    "volume": f"COPY seed /data/\nVOLUME /data\nCMD {IDLE}",
    "entry": 'ENTRYPOINT ["echo", "entry"]\nCMD ["cmd"]\nUSER 1000\nWORKDIR /tmp\nENV FROM_IMAGE=yes\nEXPOSE 80 90/udp\nSTOPSIGNAL SIGINT',
    "checked": f'HEALTHCHECK --interval=1s --timeout=5s CMD test -e /ok\nCMD {IDLE}',
}


def make(docker, ours, base):
    """`docker` has busybox; `ours`: our command line."""
    context = base + "/images"
    os.makedirs(context)
    with open(context + "/seed", "w", encoding="utf-8") as file:
        file.write("seed\n")
    for name, text in IMAGES.items():
        with open(f"{context}/{name}", "w", encoding="utf-8") as file:
            file.write(f"FROM busybox\n{text}\n")
        done = run(docker.command("build", "-q", "-t", "parity/" + name, "-f", f"{context}/{name}", context),
                   env={**os.environ, "DOCKER_BUILDKIT": "0"})
        if done.returncode != 0:
            raise CannotRun(f"docker build of parity/{name}: {done.stdout}")
    saved = subprocess.run(docker.command("save", "-o", base + "/images.tar", "busybox", *(f"parity/{name}" for name in IMAGES)),
                           stderr=subprocess.PIPE, text=True, check=False)
    done = run([*ours, "image", "load", "-i", base + "/images.tar"])
    if saved.returncode or done.returncode:
        raise CannotRun("images from docker to ours: " + saved.stderr + done.stdout)
