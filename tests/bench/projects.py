"""The Compose files and contexts that are measured."""
import os

SLEEPER = "    image: busybox\n    command: [sleep, \"100000\"]\n    stop_signal: SIGKILL\n"


def written(folder, text, name="docker-compose.yml"):
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def sleepers(folder, count, more=""):
    """Services s0, s1, ... that do nothing and end by SIGKILL at once."""
    return written(folder, "version: \"3.7\"\nservices:\n" + "".join(f"  s{n}:\n{SLEEPER}{more}" for n in range(count)))


def large(folder, count):
    """Services with ten attributes each."""
    os.makedirs(folder + "/config", exist_ok=True)
    service = """  s{n}:
    image: "busybox:${{TAG:-latest}}"
    command: ["serve", "--port", "80"]
    environment: {{MODE: production, LEVEL: "3", NUMBER: "{n}"}}
    ports: ["{port}:80"]
    volumes: ["data:/data", "./config:/etc/app:ro"]
    networks: [back]
    restart: unless-stopped
    labels: {{team: a}}
    healthcheck: {{test: [CMD, "true"], interval: 5s}}
    user: "1000"
"""
    text = "".join(service.format(n=n, port=10000 + n) for n in range(count))
    return written(folder, "version: \"3.7\"\nservices:\n" + text + "networks: {back: {}}\nvolumes: {data: {}}\n")


def twenty_steps(folder):
    """A context with a Dockerfile of twenty steps, five of them copies."""
    os.makedirs(folder + "/files")
    lines = ["FROM busybox"]
    for n in range(1, 6):
        with open(f"{folder}/files/{n}", "wb") as file:
            file.write(os.urandom(200000))
        lines += [f"RUN echo {n} > /step{n}", f"COPY files/{n} /copied{n}", f"ENV V{n}={n}", f"WORKDIR /work{n}"]
    written(folder, "\n".join(lines[:20]) + "\n", "Dockerfile")
    return written(folder, "version: \"3.7\"\nservices:\n  twenty:\n    build: .\n")


def scaled(folder, more=""):
    """One service, `web`, for many replicas."""
    return written(folder, f"version: \"3.7\"\nservices:\n  web:\n{SLEEPER}{more}")


CHECKED = "    healthcheck: {test: [CMD, \"true\"], interval: 10s}\n"


def copier(folder):
    """A service that prints what is written into pipe/lines."""
    os.makedirs(folder + "/pipe")
    os.mkfifo(folder + "/pipe/lines")
    return written(folder, "version: \"3.7\"\nservices:\n  copier:\n    image: busybox\n    command: [cat, /pipe/lines]\n"
                           "    volumes: [\"./pipe:/pipe\"]\n    stop_signal: SIGKILL\n")
