# SPDX-License-Identifier: Apache-2.0
"""The page of a schema: what each feature must look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.artifacts.artifact import Artifact
from penstock.statistics.files import read_schema
from penstock.ui.html.markup import Html, el, join
from penstock.ui.html.numbers import MINUS, TIMES, count, number, percent
from penstock.ui.html.page import badge, cards, empty, page, section

_MAX_TERMS = 500


def render(artifact: Artifact) -> str:
    """Returns the page of a Schema artifact."""
    schema = read_schema(artifact.uri)
    domains = {domain.name: domain for domain in schema.string_domain}
    required = [feature for feature in schema.feature if _is_required(feature)]
    sections = [
        cards(
            [
                ("features", count(len(schema.feature)), _types(schema.feature)),
                ("required", count(len(required)), "must be in every example"),
                ("domains", count(_domain_count(schema)), "sets of values or ranges"),
            ]
        ),
        section(
            "Features", _features(schema, domains) if schema.feature else empty("The schema has no feature.")
        ),
    ]
    shared = _shared_domains(schema)
    if shared:
        note = "Used by several features, or by none."
        sections.append(section("Shared domains", *(_domain(*found) for found in shared), note=note))
    extras = _extras(schema)
    if extras:
        sections.append(section("Further settings", *extras))
    return page("Schema", artifact, sections)


def _types(features: Sequence[Any]) -> str:
    names = [_type(feature) for feature in features]
    return ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(sorted(names)))


def _type(feature: Any) -> str:
    name = str(schema_pb2.FeatureType.Name(feature.type)).lower()
    return "any type" if name == "type_unknown" else name


def _is_required(feature: Any) -> bool:
    return bool(feature.presence.min_fraction >= 1.0)


def _domain_count(schema: Any) -> int:
    own = sum(1 for feature in schema.feature if feature.WhichOneof("domain_info") not in (None, "domain"))
    return own + len(schema.string_domain)


def _features(schema: Any, domains: dict[str, Any]) -> Html:
    headings = ["Feature", "Type", "Presence", "Values a row", "Domain", "Notes"]
    head = el("tr", *(el("th", text, scope="col") for text in headings))
    rows = [
        el(
            "tr",
            el("th", feature.name, scope="row"),
            el("td", badge(_type(feature), "info")),
            el("td", _presence(feature)),
            el("td", _valency(feature)),
            el("td", _feature_domain(feature, domains)),
            el("td", _notes(feature)),
        )
        for feature in schema.feature
    ]
    return el(
        "div", el("table", el("thead", head), el("tbody", *rows), aria_label="Features"), class_="scroll"
    )


def _presence(feature: Any) -> Html:
    presence = feature.presence
    if presence.min_fraction >= 1.0:
        return badge("required", "good")
    parts = []
    if presence.min_fraction:
        parts.append(f"at least {percent(presence.min_fraction)} of examples")
    if presence.min_count > 1:
        parts.append(f"at least {count(presence.min_count)} examples")
    return join([badge("optional"), " " + ", ".join(parts) if parts else None])


def _valency(feature: Any) -> str:
    if feature.HasField("shape"):
        sizes = [str(dim.size) for dim in feature.shape.dim]
        return "exactly one" if not sizes or sizes == ["1"] else f"shape {f' {TIMES} '.join(sizes)}"
    if feature.HasField("value_count"):
        low, high = feature.value_count.min, feature.value_count.max
        if low == high == 1:
            return "one"
        return f"{low} to {high}" if high else f"at least {low}"
    if feature.HasField("value_counts"):
        return "nested lists"
    return "any number"


def _feature_domain(feature: Any, domains: dict[str, Any]) -> Html | None:
    kind = feature.WhichOneof("domain_info")
    if kind is None:
        return None
    value = getattr(feature, kind)
    if kind == "domain":
        known = domains.get(value)
        return join(
            [el("code", value), f", {count(len(known.value))} values" if known else " (not in the schema)"]
        )
    if kind in ("int_domain", "float_domain"):
        return _range(value)
    if kind == "string_domain":
        return _values(value.value)
    if kind == "bool_domain":
        return join(f"true is {value.true_value or '1'}, false is {value.false_value or '0'}")
    return el("code", kind)


def _range(domain: Any) -> Html:
    low = number(float(domain.min)) if domain.HasField("min") else f"{MINUS}∞"
    high = number(float(domain.max)) if domain.HasField("max") else "∞"
    categorical = ", categorical" if getattr(domain, "is_categorical", False) else ""
    return join([f"{low} to {high}{categorical}"])


def _values(values: Sequence[str]) -> Html:
    shown = el("div", *(el("code", value or "(empty)") for value in values[:_MAX_TERMS]), class_="terms")
    if len(values) <= 8:
        return shown
    more = (
        el("p", f"and {count(len(values) - _MAX_TERMS)} more", class_="note")
        if len(values) > _MAX_TERMS
        else None
    )
    return el("details", el("summary", f"{count(len(values))} values"), shown, more)


def _notes(feature: Any) -> Html:
    notes: list[Html] = []
    stage = schema_pb2.LifecycleStage.Name(feature.lifecycle_stage).lower().replace("_", " ")
    if feature.lifecycle_stage:
        notes.append(badge(stage, "warn" if stage in ("deprecated", "disabled") else "plain"))
    if feature.in_environment:
        notes.append(join([f"only in {', '.join(feature.in_environment)}"]))
    if feature.not_in_environment:
        notes.append(join([f"not in {', '.join(feature.not_in_environment)}"]))
    for name, text in (("skew_comparator", "skew"), ("drift_comparator", "drift")):
        if feature.HasField(name):
            notes.append(join([f"{text}: {_comparator(getattr(feature, name))}"]))
    if feature.annotation.tag:
        notes.append(join([", ".join(feature.annotation.tag)]))
    return join(notes, "; ")


def _comparator(comparator: Any) -> str:
    limits = []
    if comparator.HasField("infinity_norm"):
        limits.append(f"L∞ at most {number(comparator.infinity_norm.threshold)}")
    if comparator.HasField("jensen_shannon_divergence"):
        limits.append(f"Jensen-Shannon at most {number(comparator.jensen_shannon_divergence.threshold)}")
    return ", ".join(limits) or "compared"


def _shared_domains(schema: Any) -> list[tuple[Any, list[str]]]:
    """Returns the domains that more or fewer than one feature uses, with these features."""
    users = {
        domain.name: [feature.name for feature in schema.feature if feature.domain == domain.name]
        for domain in schema.string_domain
    }
    return [(domain, users[domain.name]) for domain in schema.string_domain if len(users[domain.name]) != 1]


def _domain(domain: Any, users: Sequence[str]) -> Html:
    used = f"used by {', '.join(users)}" if users else "used by no feature"
    return el("div", el("h3", domain.name), el("p", used, class_="note"), _values(domain.value))


def _extras(schema: Any) -> list[Html]:
    found = []
    for text, names in (
        ("Default environments", list(schema.default_environment)),
        ("Sparse features", [feature.name for feature in schema.sparse_feature]),
        ("Weighted features", [feature.name for feature in schema.weighted_feature]),
        ("Tensor representations", sorted(schema.tensor_representation_group)),
    ):
        if names:
            found.append(el("p", el("strong", f"{text}: "), ", ".join(name or "(default)" for name in names)))
    return found
