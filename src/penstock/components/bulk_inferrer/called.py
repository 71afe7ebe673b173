# SPDX-License-Identifier: Apache-2.0
"""Which signatures of the model are called, and what each takes from the examples."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from penstock.components.bulk_inferrer.component import BulkInferrerParameters, CalledSignature
from penstock.errors import DataError, ParameterError
from penstock.inference.job import ModelRef
from penstock.models.signature import DEFAULT_SIGNATURE, ModelInfo, Signature, TensorSpec
from penstock.models.tensorflow.graphs import Method, SavedGraph, saved_graphs

_STEP_OF_ONE = "model"
_TENSORFLOW = "tensorflow"
_TAKING_EXAMPLES = ("tensorflow", "keras")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")


def called_signatures(
    ref: ModelRef, info: ModelInfo | None, parameters: BulkInferrerParameters
) -> tuple[CalledSignature, ...]:
    """Returns the signatures that are called, in order.

    Raises:
        ParameterError: The model does not have one of them, has no default one, or not the tags that are asked for.
    """
    names = _wanted(parameters)
    graph = _tagged_graph(ref, parameters.model_spec.tag)
    if info is None or not info.signatures:
        return _named([(name, None) for name in names or [""]], graph)
    features = parameters.inference_config.model.features
    if names:
        return _named([(name, _fed_from(info.named(name), features)) for name in names], graph)
    if info.signature is None:
        raise ParameterError(
            f"the model has several signatures, and none is called {DEFAULT_SIGNATURE!r}",
            input="model_spec.model_signature_name",
            expected=f"one or more of {', '.join(signature.name for signature in info.signatures)}",
        )
    return _named([(info.signature.name, _fed_from(info.signature, features))], graph)


def _fed_from(signature: Signature, features: Sequence[str]) -> Signature:
    """Returns a signature with the columns that the configuration names for its inputs, if it does.

    As many as there are inputs take their places; of others the loader knows how they are put together.
    """
    if len(features) in (0, len(signature.inputs)):
        return signature.with_inputs_named(features)
    dtype = signature.inputs[0].dtype if len(signature.inputs) == 1 else ""
    return replace(signature, inputs=tuple(TensorSpec(name, dtype) for name in features))


def _wanted(parameters: BulkInferrerParameters) -> list[str]:
    names = list(dict.fromkeys(parameters.model_spec.model_signature_name))
    other = parameters.inference_config.model.signature
    if names and other and names != [other]:
        raise ParameterError(
            "model_spec and inference_config name different signatures",
            input="inference_config.model.signature",
            expected=f"model_spec alone: {', '.join(names)}",
            got=other,
        )
    names = names or ([other] if other else [])
    if names and parameters.inference_config.model.handler is not None:
        raise ParameterError(
            "a signature is named, and a handler calls the model, which knows of none",
            input="model_spec.model_signature_name",
            got=", ".join(names),
            hint="tell the handler with inference_config.model.handler_arguments",
        )
    return names


def _named(called: Sequence[tuple[str, Signature | None]], graph: SavedGraph) -> tuple[CalledSignature, ...]:
    steps = [_STEP_OF_ONE] if len(called) == 1 else [_step_name(name) for name, _ in called]
    return tuple(
        CalledSignature(step, name, _method(name, graph), signature)
        for step, (name, signature) in zip(steps, called, strict=True)
    )


def _step_name(signature: str) -> str:
    """Returns a name for the step of a signature: its own, unless no step may be called so."""
    name = _NOT_IN_NAMES.sub("_", signature)
    return f"signature_{name}" if name in ("source", "results") or not name[:1].isalpha() else name


def _method(name: str, graph: SavedGraph) -> Method:
    return graph.methods.get(name, "predict")


def _tagged_graph(ref: ModelRef, tags: Collection[str]) -> SavedGraph:
    """Returns the graph of a SavedModel that is loaded; an empty one for other models."""
    if ref.flavor != _TENSORFLOW:
        if tags:
            raise ParameterError(
                f"model_spec.tag chooses a graph of a SavedModel, and the model is of flavor {ref.flavor!r}"
                if ref.flavor
                else "model_spec.tag chooses a graph of a SavedModel, and a handler takes this model",
                input="model_spec.tag",
                hint="leave it out",
            )
        return SavedGraph(frozenset())
    try:
        graphs = saved_graphs(ref.uri)
    except ValueError as error:
        raise DataError("the SavedModel is damaged", input=ref.uri, got=str(error)) from error
    if tags:
        _check_tags(frozenset(tags), graphs)
    served = [graph for graph in graphs if "serve" in graph.tags] or list(graphs)
    return served[0] if served else SavedGraph(frozenset())


def _check_tags(tags: frozenset[str], graphs: Sequence[SavedGraph]) -> None:
    there = "; ".join(", ".join(sorted(graph.tags)) or "(no tag)" for graph in graphs)
    if tags not in [graph.tags for graph in graphs]:
        raise ParameterError(
            "the SavedModel has no graph with the tags that model_spec asks for",
            input="model_spec.tag",
            expected=there,
            got=", ".join(sorted(tags)),
        )
    if len(graphs) > 1:
        raise ParameterError(
            "the SavedModel has several graphs, of which none can be chosen",
            input="model_spec.tag",
            expected="a SavedModel with one graph, as tf.saved_model.save writes it",
            got=there,
            hint="save the graph that is served alone",
        )


def takes_examples(
    called: CalledSignature, flavor: str | None, features: Collection[str], renamed: Mapping[str, str]
) -> bool:
    """Says whether a signature is given serialized tf.Examples: its one input takes text, and no feature is called so.

    That is the rule by which the loaders of these flavors go.
    """
    if flavor not in _TAKING_EXAMPLES or called.signature is None or len(called.signature.inputs) != 1:
        return False
    (spec,) = called.signature.inputs
    return _is_text_vector(spec) and spec.name not in renamed and spec.name not in features


def _is_text_vector(spec: TensorSpec) -> bool:
    return spec.dtype == "string" and (spec.shape is None or len(spec.shape) == 1)
