# SPDX-License-Identifier: Apache-2.0
"""Configuration of InfraValidator."""

from __future__ import annotations

from penstock.messages.fields import Embedded, Map, Repeated, RepeatedMessages, Scalar
from penstock.messages.kinds import BOOL, INT32, STRING
from penstock.messages.message import Message


class TensorFlowServing(Message, package="tfx.components.infra_validator"):
    """TensorFlow Serving as the model server.

    Attributes:
        image_name: Container image; TensorFlow Serving's own where it is empty.
        tags: Tags of the image to try.
        digests: Digests of the image to try.
    """

    image_name: Scalar[str] = Scalar(STRING)
    tags: Repeated[str] = Repeated(STRING)
    digests: Repeated[str] = Repeated(STRING)


class LocalDockerConfig(Message, package="tfx.components.infra_validator"):
    """Docker on this machine.

    Attributes:
        client_base_url: URL of the docker server; the platform's default where it is empty.
        client_api_version: Version of docker's API; the client's where it is empty.
        client_timeout_seconds: Time-out of the client, in seconds; the client's default where it is 0.
        host_ip_address: Address at which the host is reached from here.
    """

    client_base_url: Scalar[str] = Scalar(STRING)
    client_api_version: Scalar[str] = Scalar(STRING)
    client_timeout_seconds: Scalar[int] = Scalar(INT32)
    host_ip_address: Scalar[str] = Scalar(STRING)


class SecretKeySelector(Message, package="tfx.components.infra_validator"):
    """One key of a Kubernetes secret.

    Attributes:
        name: Name of the secret.
        key: The key in it.
    """

    name: Scalar[str] = Scalar(STRING)
    key: Scalar[str] = Scalar(STRING)


class EnvVarSource(Message, package="tfx.components.infra_validator"):
    """Where the value of an environment variable comes from.

    Attributes:
        secret_key_ref: A key of a secret.
    """

    secret_key_ref: Embedded[SecretKeySelector] = Embedded(SecretKeySelector)


class EnvVar(Message, package="tfx.components.infra_validator"):
    """An environment variable of the model server.

    Attributes:
        name: Its name.
        value: Its value.
        value_from: Where its value comes from instead.
    """

    name: Scalar[str] = Scalar(STRING)
    value: Scalar[str] = Scalar(STRING)
    value_from: Embedded[EnvVarSource] = Embedded(EnvVarSource)


class Resources(Message, package="tfx.components.infra_validator"):
    """Kubernetes resources of the model server's container.

    Attributes:
        requests: What it is guaranteed, by resource.
        limits: What it may use at most, by resource.
        claims: What it claims, by resource.
    """

    requests: Map[str, str] = Map(STRING, STRING)
    limits: Map[str, str] = Map(STRING, STRING)
    claims: Map[str, str] = Map(STRING, STRING)


class PodOverrides(Message, package="tfx.components.infra_validator"):
    """What is set in the model server's pod.

    Attributes:
        annotations: The pod's annotations.
        env: The container's environment variables.
        resources: The container's resources.
    """

    annotations: Map[str, str] = Map(STRING, STRING)
    env: RepeatedMessages[EnvVar] = RepeatedMessages(EnvVar)
    resources: Embedded[Resources] = Embedded(Resources)


class KubernetesConfig(Message, package="tfx.components.infra_validator"):
    """A Kubernetes cluster.

    Attributes:
        service_account_name: Service account of the pod; the pipeline's where it is empty.
        active_deadline_seconds: After how many seconds the pod is ended whatever happens.
        serving_pod_overrides: What is set in the pod.
    """

    service_account_name: Scalar[str] = Scalar(STRING)
    active_deadline_seconds: Scalar[int] = Scalar(INT32)
    serving_pod_overrides: Embedded[PodOverrides] = Embedded(PodOverrides)


class ServingSpec(Message, package="tfx.components.infra_validator"):
    """What serves the model, and where.

    Attributes:
        tensorflow_serving: TensorFlow Serving serves it.
        local_docker: The server runs in docker on this machine.
        kubernetes: The server runs in a Kubernetes cluster.
        model_name: Name under which the model is served.
    """

    tensorflow_serving: Embedded[TensorFlowServing] = Embedded(TensorFlowServing, oneof="serving_binary")
    local_docker: Embedded[LocalDockerConfig] = Embedded(LocalDockerConfig, oneof="serving_platform")
    kubernetes: Embedded[KubernetesConfig] = Embedded(KubernetesConfig, oneof="serving_platform")
    model_name: Scalar[str] = Scalar(STRING)


class ValidationSpec(Message, package="tfx.components.infra_validator"):
    """When a model counts as servable.

    Attributes:
        max_loading_time_seconds: How long loading may take, in seconds.
        num_tries: How often it is tried before the model is refused.
    """

    max_loading_time_seconds: Scalar[int] = Scalar(INT32)
    num_tries: Scalar[int] = Scalar(INT32)


class TensorFlowServingRequestSpec(Message, package="tfx.components.infra_validator"):
    """Requests to TensorFlow Serving.

    Attributes:
        tag_set: Tags that choose the graph of a SavedModel.
        signature_names: Signatures to send requests to.
    """

    tag_set: Repeated[str] = Repeated(STRING)
    signature_names: Repeated[str] = Repeated(STRING)


class RequestSpec(Message, package="tfx.components.infra_validator"):
    """Requests that are made of examples.

    Attributes:
        tensorflow_serving: Requests to TensorFlow Serving.
        split_name: Split that examples are taken from; any where it is empty.
        num_examples: How many examples are sent; 1 where it is 0.
        make_warmup: Whether the requests are stored with the model, to warm it up when it is served.
    """

    tensorflow_serving: Embedded[TensorFlowServingRequestSpec] = Embedded(
        TensorFlowServingRequestSpec, oneof="kind"
    )
    split_name: Scalar[str] = Scalar(STRING)
    num_examples: Scalar[int] = Scalar(INT32)
    make_warmup: Scalar[bool] = Scalar(BOOL)
