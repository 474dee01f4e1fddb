"""One script beside all peers, in a process of its own: python child.py SCRIPT OUT.json"""

import json
import sys
import warnings
from pathlib import Path

from deepdiagnosis import DeepDiagnosis
from mldoct_peer import Mldoct
from sagemaker import SageMaker
from shim import Peer, observe
from torch_audit_peer import TorchAudit
from torchdiag_peer import Torchdiag
from torchmortem_peer import Torchmortem
from umlaut import Umlaut

PEERS: list[Peer] = [
    Umlaut(), SageMaker(), DeepDiagnosis(), Torchmortem(), Torchdiag(), Mldoct(), TorchAudit()
]  # fmt: skip


def main() -> None:
    """Run the script and write what was found."""
    script, out = Path(sys.argv[1]), Path(sys.argv[2])
    sys.path[0] = str(script.parent)
    warnings.simplefilter("ignore")
    told = observe(script, PEERS)
    told["kinds"] = {peer.name: dict(peer.kinds) for peer in PEERS}
    out.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
