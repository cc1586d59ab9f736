"""What there is of a project, as rows: its containers, networks and volumes, as `inspect` tells of them, without what is by
chance: ids, addresses, times, names of temporary folders."""
import json
import re


class Cleaner:
    """Takes what is by chance out of texts. `folder`: the project's; `ports` and `net`: the scenario's own."""

    def __init__(self, scenario, folder):
        self.name, self.folder = scenario.name, folder
        self.ports, self.net = range(scenario.port, scenario.port + 10), scenario.net

    def __call__(self, text):
        text = text.replace(self.folder, "<dir>").replace("\r", "")
        text = re.sub(r"\b(sha256:)?[0-9a-f]{64}\b", "<id>", text)
        # 1.29 puts _ between the parts of a name, v2 -, which is in scenarios.explained.yaml once for all.
        text = re.sub(rf"\b{re.escape(self.name)}[_-]([a-z0-9]+)[_-](run[_-])?([0-9]+|[0-9a-f]{{12}})\b",
                      lambda m: f"{m[1]}-run-<id>" if m[2] else f"{m[1]}-{m[3]}", text)
        text = re.sub(r"\b[0-9a-f]{12}\b", "<id>", text)
        text = re.sub(r"(?m)^([a-z0-9-]+)_([0-9]+)( *\|)", r"\1-\2\3", text)  # what comes before a line of a log
        text = re.sub(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", lambda m: m[0] if self.keeps(m[0]) else "<ip>", text)
        return text

    def keeps(self, address):
        return address.startswith((self.net + ".", "127.", "0.0.0.0", "198.51.100.", "255."))

    def port(self, number):
        return f"port{int(number) - self.ports[0]}" if int(number) in self.ports else "<any>"


# HostConfig and Config: what is compared, where it is neither absent, empty nor nought.
HOST = ("CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Memory MemoryReservation MemorySwap NanoCpus CpuShares CpusetCpus "
        "PidsLimit ShmSize Tmpfs ReadonlyRootfs Privileged PidMode UTSMode UsernsMode SecurityOpt Sysctls Init OomScoreAdj OomKillDisable "
        "BlkioWeight CpuPeriod CpuQuota CgroupParent VolumesFrom Links").split()
CONFIG = "Image Cmd Entrypoint User WorkingDir Domainname Tty OpenStdin StopSignal StopTimeout ExposedPorts".split()
CHANCE_LABELS = {"config-hash", "version", "image", "depends_on", "slug", "image-volume-digest"}


def plain(value):
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def label_rows(labels, clean):
    for name, value in (labels or {}).items():
        short = name.removeprefix("com.docker.compose.")
        if short != name and short in CHANCE_LABELS:
            value = "<any>"
        yield f"label {name}", clean(value)


class Observer:
    """Looks at one side's project, again and again. `ask(ARGS...)` answers as `docker ARGS`."""

    def __init__(self, ask, project, clean):
        self.ask, self.project, self.clean, self.before = ask, project, clean, {}

    def found(self, *listing):
        of_project = f"label=com.docker.compose.project={self.project}"
        ids = self.ask(*listing, "-q", "--filter", of_project).split()
        return json.loads(self.ask(listing[0], "inspect", *ids)) if ids else []

    def containers(self):
        """(short name, inspection), the oldest first of what has the same name."""
        found, names = [], {}
        for container in sorted(self.found("container", "ls", "-a"), key=lambda c: c["Created"]):
            labels = container["Config"]["Labels"]
            number = labels.get("com.docker.compose.container-number", "")
            name = labels["com.docker.compose.service"] + "-" + number
            if labels.get("com.docker.compose.oneoff") == "True":
                base = labels["com.docker.compose.service"] + "-run-"
                names[base] = names.get(base, 0) + 1
                name = base + str(names[base])
            found.append((name, container))
        return found

    def rows(self):
        rows, seen = {}, {}
        for name, container in self.containers():
            seen[name] = (container["Id"], container["State"]["StartedAt"])
            for row, value in self.of_container(container):
                rows[f"{name} {row}"] = value
            rows[f"{name} is"] = self.since(name, seen[name])
        for name in set(self.before) - set(seen):
            rows[f"{name} is"] = "gone"
        self.before = seen
        for network in self.found("network", "ls"):
            rows.update((f"network {self.short(network['Name'])} {row}", value) for row, value in self.of_network(network))
        for volume in self.found("volume", "ls"):
            short = self.short(volume["Name"])
            rows[f"volume {short} driver"] = volume["Driver"] + (plain(volume["Options"]) if volume.get("Options") else "")
            rows.update((f"volume {short} {row}", value) for row, value in label_rows(volume["Labels"], self.clean))
        return rows

    def since(self, name, now):
        if name not in self.before:
            return "new"
        identity, started = self.before[name]
        return "recreated" if identity != now[0] else "kept" if started == now[1] else "started again"

    def short(self, name):
        return self.clean(re.sub(rf"^{re.escape(self.project)}[_-]", "", name))

    def of_container(self, container):
        config, host, state = container["Config"], container["HostConfig"], container["State"]
        yield "name", self.clean(container["Name"].lstrip("/").replace(self.project, "<project>"))
        ended = state["Status"] in ("exited", "dead")
        yield "state", f"exited {state['ExitCode']}" if ended else state["Status"]
        if state.get("Health"):
            yield "health", state["Health"]["Status"]
        identity = container["Id"][:12]
        yield "hostname", "<id>" if config["Hostname"] == identity else config["Hostname"]
        for line in config["Env"] or []:
            name, equals, value = line.partition("=")
            yield f"env {name}", self.clean(value) if equals else "<none>"
        for key in CONFIG:
            if config.get(key):
                yield key, self.clean(plain(sorted(config[key]) if key == "ExposedPorts" else config[key]))
        for key in HOST:
            if host.get(key):
                yield key, self.clean(plain(sorted(host[key]) if key in ("CapAdd", "CapDrop", "ExtraHosts") else host[key]))
        for limit in host.get("Ulimits") or []:
            yield f"ulimit {limit['Name']}", f"{limit['Soft']}:{limit['Hard']}"
        for device in host.get("Devices") or []:
            yield f"device {device['PathInContainer']}", f"{device['PathOnHost']} {device['CgroupPermissions']}"
        policy = host["RestartPolicy"]
        yield "restart", (policy["Name"] or "no") + (f":{policy['MaximumRetryCount']}" if policy["MaximumRetryCount"] else "")
        yield "log driver", plain(host["LogConfig"].get("Config") or {})
        mode = host["NetworkMode"]
        yield "network mode", "network" if mode in container["NetworkSettings"]["Networks"] else self.clean(mode)
        if config.get("Healthcheck"):
            yield "healthcheck", plain({k: v for k, v in config["Healthcheck"].items() if v})
        yield from label_rows(config["Labels"], self.clean)
        yield from self.mounts(container)
        yield from self.networks(container, identity)
        for port, bindings in (container["NetworkSettings"]["Ports"] or {}).items():
            places = {f"{b['HostIp'] or '0.0.0.0'}:{self.clean.port(b['HostPort'])}" for b in bindings or []}
            yield f"port {port}", " ".join(sorted(p.replace("0.0.0.0", "*") for p in places - {p for p in places if p.startswith(":::")}))

    def mounts(self, container):
        for mount in container["Mounts"]:
            name = mount.get("Name", "")
            source = self.short(name) if name else self.clean(mount.get("Source", ""))
            how = [mount["Type"], source, "rw" if mount["RW"] else "ro", mount.get("Propagation") or ""]
            yield f"mount {mount['Destination']}", " ".join(how).strip()

    def networks(self, container, identity):
        for network, settings in container["NetworkSettings"]["Networks"].items():
            # The short id is Docker's own addition to what it was asked for, and it answers to it.
            aliases = sorted({self.clean(alias) for alias in settings["Aliases"] or [] if alias != identity})
            yield f"network {self.short(network)} aliases", " ".join(aliases)
            asked = settings.get("IPAMConfig") or {}
            if any(asked.values()):
                yield f"network {self.short(network)} address", plain({k: v for k, v in asked.items() if v})

    def of_network(self, network):
        yield "driver", network["Driver"] + (" " + plain(network["Options"]) if network["Options"] else "")
        yield "kind", " ".join(key for key in ("Internal", "Attachable", "EnableIPv6") if network[key]) or "plain"
        asked = [{k: v for k, v in pool.items() if v} for pool in network["IPAM"]["Config"] or [] if self.clean.net in pool.get("Subnet", "")]
        yield "ipam", plain(asked)
        yield from label_rows(network["Labels"], self.clean)
