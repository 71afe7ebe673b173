# SPDX-License-Identifier: Apache-2.0
"""Where TFT writes: TensorFlow and Beam must be able to reach it, and it ends up under the outputs' URIs."""

from __future__ import annotations

from dataclasses import dataclass

from penstock import files
from penstock.beam.arguments import is_in_process
from penstock.components.transform.component import TransformWork


@dataclass(frozen=True)
class Place:
    """A folder that TFT writes to.

    Attributes:
        folder: What TFT is told: a local path, or a URI where the workers are elsewhere.
        uri: The output that it is for.
    """

    folder: str
    uri: str

    def publish(self) -> None:
        """Copies what was written, where it was not written under the output's URI at once."""
        if self.folder not in (self.uri, files.local_path(self.uri) if files.is_local(self.uri) else None):
            files.copy_tree(self.folder, self.uri)


@dataclass(frozen=True)
class Places:
    """The folders of one execution.

    Attributes:
        graph: The transformation.
        cache: The updated analyzer cache; ``None`` where there is to be none.
        temp: Intermediate files, which the workers can reach.
    """

    graph: Place
    cache: Place | None
    temp: str

    def clean(self) -> None:
        """Removes the intermediate files."""
        files.remove_tree(self.temp)


def places_of(work: TransformWork) -> Places:
    """Returns where an execution writes."""
    in_process = is_in_process(work.context.beam_pipeline_args)
    outputs = work.outputs
    temp = files.join(work.context.temp_dir if in_process else outputs.transform_graph.uri, ".tft")
    files.makedirs(temp)
    cache = outputs.updated_analyzer_cache
    return Places(
        graph=_place(outputs.transform_graph.uri, files.join(temp, "graph"), in_process=in_process),
        cache=_place(cache.uri, files.join(temp, "cache"), in_process=in_process) if cache else None,
        temp=temp,
    )


def _place(uri: str, staging: str, *, in_process: bool) -> Place:
    if files.is_local(uri):
        return Place(files.local_path(uri), uri)
    # TensorFlow knows few file systems, fsspec knows many: write here and copy.
    return Place(staging if in_process else uri, uri)
