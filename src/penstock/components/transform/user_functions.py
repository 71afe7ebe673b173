# SPDX-License-Identifier: Apache-2.0
"""The user's functions, called inside one error boundary and checked for what TFT needs of them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import tensorflow as tf
import tensorflow_data_validation as tfdv

from penstock.components.transform.component import TransformParameters
from penstock.components.transform.stats_type import StatsType
from penstock.errors import UserCodeError, did_you_mean
from penstock.runtime.roles import ExecutorContext
from penstock.runtime.user_code import load_function, user_code

_DTYPES = (tf.int64, tf.float32, tf.string)
_TENSORS = (tf.Tensor, tf.SparseTensor, tf.RaggedTensor)

StatsOptionsUpdater = Callable[[StatsType, tfdv.StatsOptions], tfdv.StatsOptions]


class FeatureInputs(dict[str, Any]):
    """The inputs of a ``preprocessing_fn``; asking for a feature that does not exist names those that do.

    Args:
        features: Tensors by feature.
        used: Takes the names of the features that are asked for.
    """

    def __init__(self, features: Mapping[str, Any], used: set[str]) -> None:
        super().__init__(features)
        self._used = used

    def __getitem__(self, name: str) -> Any:
        if name in self:
            self._used.add(name)
        return super().__getitem__(name)

    def __missing__(self, name: str) -> Any:
        raise UserCodeError(
            f"preprocessing_fn asks for feature {name!r}, which the schema does not have",
            input=str(name),
            expected="a feature of the schema",
            hint=did_you_mean(str(name), self),
        )


class PreprocessingFn:
    """A user's ``preprocessing_fn`` as TFT calls it.

    Args:
        function: The user's function; its ``custom_config`` is bound.
        component: Node that it runs for.

    Attributes:
        file: The file that defines the function, where that is known.
        used: Features that it has asked for so far.
    """

    def __init__(self, function: Callable[[Mapping[str, Any]], Any], component: str) -> None:
        self._function = function
        self._component = component
        self.file = _source_file(function)
        self.used: set[str] = set()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder of that file, as far as it is known."""
        return (os.path.dirname(self.file),) if self.file else ()

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Runs the function on symbolic tensors and checks what it returns.

        Raises:
            UserCodeError: It raised, asked for a feature that does not exist, or did not return tensors by name.
        """
        with user_code(self._component, what="preprocessing_fn", file=self.file):
            outputs = self._function(FeatureInputs(inputs, self.used))
            return checked_outputs(outputs)


def checked_outputs(outputs: Any) -> dict[str, Any]:
    """Returns what a ``preprocessing_fn`` returned, if that is what TFT can work with.

    Raises:
        UserCodeError: It is no mapping of names to tensors of a type that examples can hold.
    """
    expected = "a dictionary of tensors by feature name, with one row for each row of the inputs"
    if not isinstance(outputs, Mapping):
        raise UserCodeError(
            "preprocessing_fn does not return tensors by name",
            expected=expected,
            got=f"{type(outputs).__name__}",
            hint="is a return statement missing?" if outputs is None else "return {'name': tensor, …}",
        )
    if not outputs:
        raise UserCodeError("preprocessing_fn returns nothing", expected=expected, got="an empty dictionary")
    for name, value in outputs.items():
        _check_output(name, value)
    return dict(outputs)


def _check_output(name: Any, value: Any) -> None:
    if not isinstance(name, str):
        raise UserCodeError(
            f"preprocessing_fn returns a feature named {name!r}",
            expected="text as name",
            got=type(name).__name__,
        )
    if not isinstance(value, _TENSORS):
        raise UserCodeError(
            f"preprocessing_fn returns no tensor as feature {name!r}",
            expected="a Tensor, SparseTensor or RaggedTensor",
            got=f"{value!r:.100} ({type(value).__name__})",
            hint="make it from an input: tf.fill(tf.shape(x), value) is a constant for every row",
        )
    if value.dtype not in _DTYPES:
        raise UserCodeError(
            f"preprocessing_fn returns feature {name!r} with a type that examples cannot hold",
            expected="int64, float32 or string",
            got=value.dtype.name,
            hint="use tf.cast, or tf.as_string",
        )
    _check_shape(name, value)


def _check_shape(name: str, value: Any) -> None:
    shape = value.shape
    if shape.rank == 0:
        raise UserCodeError(
            f"preprocessing_fn returns a single value as feature {name!r}",
            expected="one row for each row of the inputs",
            got="a scalar",
            hint="tf.fill(tf.shape(x), value) is a constant for every row",
        )
    if isinstance(value, tf.Tensor) and (shape.rank is None or None in shape.as_list()[1:]):
        raise UserCodeError(
            f"preprocessing_fn returns feature {name!r} with an unknown number of values a row",
            expected="a dense tensor with every dimension known but the first, or a sparse or ragged one",
            got=f"shape {shape}",
            hint="tf.reshape(x, [-1]) for one value a row, tf.reshape(x, [-1, n]) for n",
        )


def load_preprocessing_fn(parameters: TransformParameters, context: ExecutorContext) -> PreprocessingFn:
    """Loads the user's ``preprocessing_fn``.

    Raises:
        UserCodeError: The module does not exist, does not load, or lacks the function.
    """
    function = load_function(
        "preprocessing_fn",
        module_file=parameters.module_file,
        function_path=parameters.preprocessing_fn,
        project_root=context.project_root,
        component=context.node_id,
    )
    assert function is not None
    return PreprocessingFn(_configured(function, parameters.custom_config), context.node_id)


def load_stats_options_updater(
    parameters: TransformParameters, context: ExecutorContext
) -> StatsOptionsUpdater:
    """Loads the user's ``stats_options_updater_fn``; without one the result changes nothing.

    Raises:
        UserCodeError: The module does not load, or a function that was named does not exist.
    """
    path = parameters.stats_options_updater_fn
    function = load_function(
        "stats_options_updater_fn",
        module_file=parameters.module_file,
        function_path=path,
        project_root=context.project_root,
        component=context.node_id,
        required=path is not None,
    )
    if function is None:
        return lambda _, options: options
    configured = _configured(function, parameters.custom_config)
    return partial(_updated, configured, context.node_id)


def _updated(
    function: Callable[..., Any], component: str, stats_type: StatsType, options: tfdv.StatsOptions
) -> tfdv.StatsOptions:
    with user_code(component, what="stats_options_updater_fn", file=_source_file(function)):
        updated = function(stats_type, options)
        if not isinstance(updated, tfdv.StatsOptions):
            raise UserCodeError(
                "stats_options_updater_fn does not return options",
                expected="the tfdv.StatsOptions that it was given, or others",
                got=type(updated).__name__,
                hint="is a return statement missing?" if updated is None else None,
            )
        return updated


def _configured(function: Callable[..., Any], custom_config: Mapping[str, Any] | None) -> Callable[..., Any]:
    """Binds ``custom_config`` where the function takes it."""
    try:
        takes_config = "custom_config" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        takes_config = False
    return partial(function, custom_config=dict(custom_config or {})) if takes_config else function


def _source_file(function: Callable[..., Any]) -> str | None:
    unwrapped = function.func if isinstance(function, partial) else function
    try:
        return inspect.getsourcefile(inspect.unwrap(unwrapped))
    except TypeError:
        return None


def missing_everywhere(features: Iterable[str]) -> str:
    """Returns a hint about features that have no value in any row, for an error of the user's function."""
    names = ", ".join(repr(name) for name in features)
    return f"no analysed row has a value of {names}, so its type is not known and it came as text"
