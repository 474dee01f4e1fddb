"""Product codes learned with the anisotropic loss of ScaNN; FAISS's tables score them."""

import math

from netwright.search.engine import need_faiss
from netwright.search.metric import Floats
from netwright.search.settings import Anisotropic
from netwright.search.structures.anisotropic_codebooks import encode, learn_codebooks
from netwright.search.structures.codes import Coded, Codes

FIRST_TURNS = 10
"""Of k-means; the turns after it go on moving the centres."""


class AnisotropicCodes(Coded[Anisotropic]):
    """What `Anisotropic(...)` builds."""

    def codebooks(self) -> Floats:
        """The centres, (part, centre, numbers of a part)."""
        faiss, quantiser = need_faiss("Anisotropic()"), self._index.pq
        centres: Floats = faiss.vector_to_array(quantiser.centroids)
        return centres.reshape(quantiser.M, quantiser.ksub, quantiser.dsub)

    def eta(self) -> float:
        """How much more an error along the vector weighs."""
        return weight_along(self.settings.threshold, self.width)

    def _train(self, rows: Floats) -> None:
        faiss = need_faiss("Anisotropic()")
        self._index.pq.cp.niter = FIRST_TURNS
        self._index.train(rows)  # where the paper starts from, too: plain product quantisation
        codes = self._index.pq.compute_codes(rows)
        centres = learn_codebooks(rows, self.codebooks(), codes, self.eta())
        faiss.copy_array_to_vector(centres.ravel(), self._index.pq.centroids)

    def _encoded(self, rows: Floats) -> Codes:
        nearest: Codes = self._index.pq.compute_codes(rows)
        return encode(rows, self.codebooks(), nearest, self.eta())


def weight_along(threshold: float, width: int) -> float:
    """Return eta of the paper's limit for many dimensions; one, which is plain PQ, where that is less."""
    share = threshold**2
    eta = (width - 1) * share / (1 - share)
    return max(1.0, eta) if math.isfinite(eta) else 1.0
