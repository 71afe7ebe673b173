# SPDX-License-Identifier: Apache-2.0
"""The flavor ``keras``: ``.keras`` and ``.h5`` files of Keras 3 and Keras 2, each loaded by the Keras that wrote it.

Which Keras ``tf.keras`` stands for (``TF_USE_LEGACY_KERAS``) does not matter: Keras 3 is the module ``keras``, Keras 2
the module ``tf_keras``, and both can be loaded side by side.
"""
