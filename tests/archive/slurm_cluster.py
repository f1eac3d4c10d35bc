"""A cluster of Slurm on this machine: its own munged, slurmctld and two nodes, in a folder, on loopback.

A node is a slurmd in a namespace of process ids, which ends with its first process: so a node dies like one whose
power fails, and nothing of it is left behind. `SLURM_CONF` has Slurm's programs use this cluster.
"""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NODES = "one", "two"
NEEDED = "munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "unshare"
_PATIENCE = 120
# A dead node is noticed soon, and what has to be run again is begun soon: cred_expire is how long Slurm waits before.
_CONF = """ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdTimeout=15
KillWait=5
MinJobAge=3600
SchedulerParameters=sched_interval=5,bf_interval=5
NodeName=one NodeHostname=one NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1
NodeName=two NodeHostname=two NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1
PartitionName=all Nodes=ALL Default=YES State=UP
"""


class NotPossible(Exception):
    """What a cluster lacks here."""


def _free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _version():
    said = subprocess.run(["slurmd", "-V"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"(\d+)\.", said)[1])


class Cluster:
    """For `with`. Raises NotPossible where something is missing."""

    def __init__(self):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        missing = [name for name in NEEDED if not shutil.which(name)]
        if missing:
            raise NotPossible(f"there is no {', '.join(missing)}")
        done = subprocess.run([*self._namespace(), "true"], capture_output=True, text=True)
        if done.returncode != 0:
            raise NotPossible(f"no namespaces of process ids here: {done.stderr.strip()}")
        self._folder = tempfile.TemporaryDirectory()
        self.folder = folder = pathlib.Path(self._folder.name)
        folder.chmod(0o711)  # munged looks after that: all users may open its socket
        self._processes = {}
        (folder / "munge").mkdir()
        (folder / "munge" / "key").write_bytes(os.urandom(1024))
        (folder / "munge" / "key").chmod(0o600)
        for name in "state", *(f"spool-{node}" for node in NODES):
            (folder / name).mkdir()
        conf = folder / "slurm.conf"
        conf.write_text(_CONF.format(folder=folder, ports=_free_ports(3), user=pwd.getpwuid(os.geteuid()).pw_name))
        # A chroot has no cgroups. Slurm 22 does not know "disabled", but does not open what it is told to take.
        plugin = "disabled" if _version() >= 24 else "cgroup/v1"
        (folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n")
        os.environ["SLURM_CONF"] = str(conf)

    @staticmethod
    def _namespace():
        # --mount-proc makes only /proc's mount private; to do that for / fails in a chroot.
        return ["unshare", "--pid", "--fork", "--kill-child", "--propagation", "unchanged", "--mount-proc"]

    def _start(self, name, *command):
        with open(self.folder / f"{name}.log", "w") as log:
            self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __enter__(self):
        try:
            munge = self.folder / "munge"
            self._start("munged", "munged", "--foreground", f"--socket={munge}/socket", f"--key-file={munge}/key",
                        f"--pid-file={munge}/pid", f"--seed-file={munge}/seed", f"--log-file={munge}/log")
            self._wait_for((munge / "socket").exists, "munged")
            self._start("slurmctld", "slurmctld", "-D", "-i")
            for node in NODES:
                # The shell waits for all processes that lose their parents, which slurmd does not.
                self._start(node, *self._namespace(), "sh", "-c", f"slurmd -D -N {node}; exit")
            self._wait_for(lambda: self.node_states() == ["idle", "idle"], "nodes that are idle")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, *_):
        for process in reversed(self._processes.values()):
            process.kill()
            process.wait()
        if kind is not None:
            print(self.logs())

    def _wait_for(self, is_so, what):
        deadline = time.monotonic() + _PATIENCE
        while not is_so():
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            assert not dead and time.monotonic() < deadline, f"no {what} ({dead} ended):\n{self.logs()}"
            time.sleep(0.2)

    def logs(self):
        """The last lines of each."""
        return "\n".join(f"--- {name}\n" + "\n".join((self.folder / f"{name}.log").read_text().splitlines()[-30:])
                         for name in self._processes)

    def node_states(self):
        done = subprocess.run(["sinfo", "--noheader", "--Node", "--format=%T"], capture_output=True, text=True)
        return done.stdout.split()

    def kill_node(self, name):
        """It and all that runs on it end at once."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait()

    def is_over(self, job):
        """Whether no job of an array waits or runs."""
        done = subprocess.run(["squeue", "--noheader", f"--jobs={job}"], capture_output=True, text=True)
        return done.returncode == 0 and not done.stdout.strip()

    def jobs(self, job):
        """By their indexes (state, exit status, how often it was run again)."""
        text = subprocess.run(["scontrol", "--oneliner", "show", "job", str(job)], capture_output=True, text=True,
                              check=True).stdout
        found = {}
        for line in text.splitlines():
            fields = dict(re.findall(r"(\w+)=(\S*)", line))
            found[fields["ArrayTaskId"]] = (fields["JobState"], int(fields["ExitCode"].split(":")[0]),
                                            int(fields["Restarts"]))
        return found
