"""Empty databases in the cluster that SIMLINK_TEST_POSTGRES names."""

import os
import re
import subprocess
from pathlib import Path

URL = os.environ.get("SIMLINK_TEST_POSTGRES")


def create(name):
    """Makes an empty database; gives its address."""
    psql = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
    name = f"sdk_{name}_{os.getpid()}"
    subprocess.run([psql, URL, "-q", "-c", f"CREATE DATABASE {name}"], check=True, stdin=subprocess.DEVNULL)
    return re.sub(r"^(\w+://[^/?]*/)[^?]*", rf"\g<1>{name}", URL)
