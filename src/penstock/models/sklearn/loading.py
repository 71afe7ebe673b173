# SPDX-License-Identifier: Apache-2.0
"""Loads scikit-learn's models, and makes out what they take where nothing says it."""

from __future__ import annotations

import logging
import pickle
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import sklearn
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from penstock import files
from penstock.errors import DataError, ParameterError, PenstockError
from penstock.models.check import not_trusted
from penstock.models.descriptor import Descriptor, read_descriptor
from penstock.models.devices import choose_device
from penstock.models.example import output_specs
from penstock.models.flavor import LoadOptions
from penstock.models.location import local_copy, model_file
from penstock.models.refusal import first_line
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature
from penstock.models.sklearn.estimator import (
    dtype_of,
    feature_count,
    feature_names,
    form_of,
    nested_estimators,
    text_features,
)
from penstock.models.sklearn.predictor import SklearnPredictor, answers_of, check_inputs, check_outputs

_LOG = logging.getLogger(__name__)

_PATTERNS = ("model.joblib", "*.joblib", "model.pkl", "*.pkl", "*.pickle")


def load(uri: str, signature_name: str | None, options: LoadOptions) -> SklearnPredictor:
    """Loads an estimator or a pipeline of them.

    Args:
        uri: Its folder, or the file that joblib or pickle wrote.
        signature_name: Name of its one signature.
        options: Unpickling runs code, so that they must say ``trusted``.

    Raises:
        DataError: The file is missing or damaged, holds no fitted estimator, or needs a module that is missing.
        ParameterError: It is not trusted, or what it takes is not known.
    """
    options.check_arguments("sklearn")
    path = model_file(uri, _PATTERNS)
    if not options.trusted:
        raise not_trusted(uri)
    with local_copy(path) as local:
        estimator = read_estimator(local, path)
        size = files.size(local)
    choose_device(options.device, (), library="scikit-learn")
    _limit_threads(estimator, options.threads)
    descriptor = read_descriptor(uri)
    signature = _signature(estimator, descriptor, options, path)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    check_inputs(estimator, signature)
    check_outputs(estimator, [spec.name for spec in signature.outputs], "signature")
    facts: Any = descriptor.facts if descriptor else {}
    return SklearnPredictor(estimator, signature, size, facts.get("frame", False), facts.get("categories"))


def read_estimator(local: str, path: str) -> Any:
    """Unpickles an estimator.

    Args:
        local: The file on this machine.
        path: What messages call it.

    Raises:
        DataError: It does not load, or holds something else.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", InconsistentVersionWarning)
            estimator = _unpickle(local)
    except MemoryError:
        raise
    except Exception as error:  # pickle lets through whatever the classes inside it raise
        if isinstance(error, OSError) and error.errno:
            raise files.storage_error("read", path, error) from error
        raise DataError(
            f"{path} does not load with scikit-learn {sklearn.__version__}",
            input=path,
            expected="a file that joblib.dump or pickle.dump wrote of a scikit-learn estimator",
            got=f"{type(error).__name__}: {first_line(error)}",
            hint=_load_hint(error),
        ) from error
    _tell(caught, path)
    if not hasattr(estimator, "fit") or not answers_of(estimator):
        raise DataError(
            f"{path} holds no model",
            input=path,
            expected="a scikit-learn estimator with predict or transform",
            got=f"a {type(estimator).__module__}.{type(estimator).__qualname__}",
            hint="save the estimator itself, not something that holds it",
        )
    _check_fitted(estimator, path)
    return estimator


def inferred_inputs(estimator: Any, names: tuple[str, ...]) -> tuple[TensorSpec, ...] | None:
    """Returns what an estimator takes by all that it says of itself, ``None`` where that is not enough.

    Args:
        estimator: The fitted estimator.
        names: Columns that it takes, in its order; none where only it knows them.
    """
    count = feature_count(estimator)
    names = names or feature_names(estimator)
    if form_of(estimator) == "texts":
        return (TensorSpec(names[0], "string", (None,)),) if len(names) == 1 else None
    if not names:
        return None
    number = dtype_of(estimator).name
    if len(names) == 1 and count is not None and count > 1:
        return (TensorSpec(names[0], number, (None, count)),)
    known = feature_names(estimator)
    texts = text_features(estimator)
    original = known if len(known) == len(names) else names
    return tuple(
        TensorSpec(name, "string" if known_as in texts else number, (None,))
        for name, known_as in zip(names, original, strict=True)
    )


def probed_outputs(estimator: Any, inputs: tuple[TensorSpec, ...], path: str) -> tuple[TensorSpec, ...]:
    """Returns what an estimator gives, by letting it predict one row of zeros and of texts that it knows.

    Args:
        estimator: The fitted estimator, which is the caller's to give away.
        inputs: What it takes.
        path: What messages call it.

    Raises:
        ParameterError: It refuses that row.
    """
    texts, known = text_features(estimator), feature_names(estimator)
    columns = []
    for index, spec in enumerate(inputs):
        if spec.dtype == "string":
            columns.append(pa.array([texts.get(known[index] if index < len(known) else spec.name, "")]))
        else:
            size = int(np.prod([size or 1 for size in (spec.shape or (None,))[1:]]))
            zeros = pa.array(np.zeros(size, spec.dtype))
            columns.append(zeros if size == 1 else pa.LargeListArray.from_arrays(pa.array([0, size]), zeros))
    batch = pa.RecordBatch.from_arrays(columns, [spec.name for spec in inputs])
    predictor = SklearnPredictor(estimator, Signature(DEFAULT_SIGNATURE, inputs))
    try:
        return output_specs(predictor.predict(batch))
    except PenstockError as error:
        raise ParameterError(
            f"what {path} takes and gives cannot be made out from itself",
            input="example",
            got=error.got or error.message,
            hint="save it with penstock.models.save(model, uri, example=a few rows of its training data)",
        ) from error


def _unpickle(local: str) -> Any:
    if local.endswith(".joblib"):
        import joblib

        return joblib.load(local)
    with files.open(local) as file:
        return pickle.load(file)


def _load_hint(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, or put it where Python finds it: the model was made of its classes"
    if isinstance(error, AttributeError):
        return "a class that the model was made of is not where it was: keep it in a module, not in __main__"
    return "the file is damaged or half-written, or another version made it: train or copy the model again"


def _tell(caught: list[warnings.WarningMessage], path: str) -> None:
    versions = [warning for warning in caught if issubclass(warning.category, InconsistentVersionWarning)]
    if versions:
        found = getattr(versions[0].message, "original_sklearn_version", "another version")
        _LOG.warning(
            "%s was saved by scikit-learn %s and is read by %s: its predictions may differ",
            path,
            found,
            sklearn.__version__,
        )
    for warning in caught:
        if warning not in versions:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _check_fitted(estimator: Any, path: str) -> None:
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise DataError(
            f"the model of {path} is not fitted", input=path, expected="model.fit(...) before saving it"
        ) from error
    except TypeError:
        return  # not scikit-learn's own class: it says no such thing


def _limit_threads(estimator: Any, threads: int | None) -> None:
    """Limits the threads of a call: those of scikit-learn's libraries in this process, and the estimator's own."""
    if threads is None:
        return
    from threadpoolctl import threadpool_limits

    threadpool_limits(threads)
    for part in nested_estimators(estimator):
        if getattr(part, "n_jobs", None) is not None:
            part.n_jobs = threads


def _signature(estimator: Any, descriptor: Descriptor | None, options: LoadOptions, path: str) -> Signature:
    if descriptor is not None and descriptor.signatures:
        return descriptor.signatures[0].with_inputs_named(options.features)
    inputs = inferred_inputs(estimator, options.features)
    if inputs is None:
        count = feature_count(estimator)
        raise ParameterError(
            f"{path} does not say which columns the model takes",
            input="features",
            expected=f"{count if count is not None else 'the'} name(s), in the order of the training data",
            hint="features: [...] in the model's settings; or save it with penstock.models.save(..., inputs=[...])",
        )
    check_inputs(estimator, Signature(DEFAULT_SIGNATURE, inputs))
    # The probe takes the estimator's names away, which the predictor needs: it gets a copy.
    copy = pickle.loads(pickle.dumps(estimator))
    return Signature(DEFAULT_SIGNATURE, inputs, probed_outputs(copy, inputs, path))
