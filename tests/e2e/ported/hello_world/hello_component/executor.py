# SPDX-License-Identifier: Apache-2.0
"""Executor of HelloComponent: copies every split of its input."""

import json
import os
from typing import Any, Dict, List

from penstock import types
from penstock.dsl.components.base import base_executor
from penstock.dsl.io import fileio
from penstock.types import artifact_utils
from penstock.utils import io_utils


class Executor(base_executor.BaseExecutor):
    """Copies examples and greets."""

    def Do(
        self,
        input_dict: Dict[str, List[types.Artifact]],
        output_dict: Dict[str, List[types.Artifact]],
        exec_properties: Dict[str, Any],
    ) -> None:
        self._log_startup(input_dict, output_dict, exec_properties)
        source = artifact_utils.get_single_instance(input_dict["input_data"])
        target = artifact_utils.get_single_instance(output_dict["output_data"])
        splits = artifact_utils.decode_split_names(source.split_names)
        target.split_names = artifact_utils.encode_split_names(splits)
        copied = 0
        for split in json.loads(target.split_names):
            input_dir = artifact_utils.get_split_uri(input_dict["input_data"], split)
            output_dir = artifact_utils.get_split_uri(output_dict["output_data"], split)
            for filename in fileio.listdir(input_dir):
                io_utils.copy_file(
                    src=os.path.join(input_dir, filename),
                    dst=os.path.join(output_dir, filename),
                    overwrite=True,
                )
                copied += 1
        target.set_string_custom_property("greeting", f"Hello, {exec_properties['name']}!")
        target.set_int_custom_property("files_copied", copied)
        io_utils.write_string_file(os.path.join(self._get_tmp_dir(), "scratch"), self._context._unique_id)
