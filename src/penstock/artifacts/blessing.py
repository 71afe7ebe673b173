# SPDX-License-Identifier: Apache-2.0
"""What a blessing says: of its metadata, or of its file where it was imported without any."""

from __future__ import annotations

from penstock import files
from penstock.artifacts.standard import InfraBlessing, ModelBlessing

BLESSED, REASONS = "blessed", "reasons"


def is_blessed(artifact: ModelBlessing | InfraBlessing) -> bool | None:
    """Returns the verdict, ``None`` where nothing was decided."""
    if artifact.has_custom_property(BLESSED):
        return artifact.get_int_custom_property(BLESSED) == 1
    prefix = "INFRA_" if isinstance(artifact, InfraBlessing) else ""
    if files.exists(files.join(artifact.uri, f"{prefix}BLESSED")):
        return True
    return False if files.exists(files.join(artifact.uri, f"{prefix}NOT_BLESSED")) else None


def refusal(artifact: ModelBlessing | InfraBlessing | None, verb: str = "blessed") -> str:
    """Returns why a blessing forbids to go on with its model, ``""`` where it does not, or where there is none.

    Args:
        artifact: The blessing; ``None`` where the pipeline has no such gate.
        verb: What the model is not, for the reader.
    """
    if artifact is None:
        return ""
    blessed = is_blessed(artifact)
    if blessed is None:
        return "nothing was decided about the model, as it is when Evaluator has no thresholds"
    if blessed:
        return ""
    reasons = artifact.get_string_custom_property(REASONS).splitlines()
    return f"the model is not {verb}" + (f": {'; '.join(reasons)}" if reasons else "")
