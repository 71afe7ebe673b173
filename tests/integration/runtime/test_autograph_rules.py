# SPDX-License-Identifier: Apache-2.0
"""Whether the rules of penstock.runtime.autograph still do something, with the TensorFlow that is installed."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

COUNT = textwrap.dedent("""
    import collections, json, os
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tensorflow as tf
    import tensorflow_transform
    from penstock.runtime import autograph
    from tensorflow.python.autograph.impl import api

    rewritten = collections.Counter()
    rewrite = api.PyToTF.transform_function

    def count(self, function, context):
        rewritten[str(function.__module__).partition(".")[0]] += 1
        return rewrite(self, function, context)

    api.PyToTF.transform_function = count

    class Doubling(tf.keras.layers.Layer):
        def call(self, inputs):
            if tf.reduce_sum(inputs) > 0:  # needs autograph
                inputs = inputs * 2.0
            return inputs

    def trace():
        rewritten.clear()
        layer = Doubling()
        result = tf.function(lambda values: layer(values))(tf.ones([1, 2]))
        return {"result": result.numpy().tolist(), "rewritten": dict(rewritten)}

    plain = trace()
    print(json.dumps({"plain": plain, "changed": autograph.spare_graph_libraries(), "spared": trace()}))
""")


@pytest.mark.integration
@pytest.mark.tensorflow
def test_tf_keras_is_rewritten_without_the_rules_and_user_layers_are_with_them(tmp_path: Path) -> None:
    script = tmp_path / "count.py"  # autograph reads the source, so there must be a file
    script.write_text(COUNT)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    plain, spared = seen["plain"], seen["spared"]
    assert seen["changed"] is True
    assert "tf_keras" not in spared["rewritten"]
    assert spared["rewritten"]["__main__"] == plain["rewritten"]["__main__"] > 0
    assert spared["result"] == plain["result"] == [[2.0, 2.0]]
    release = tuple(map(int, importlib.metadata.version("tensorflow").split(".")[:2]))
    if release < (2, 17):
        assert plain["rewritten"]["tf_keras"] > 20, "TensorFlow spares tf_keras by itself now: drop our rule"
