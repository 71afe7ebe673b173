# SPDX-License-Identifier: Apache-2.0
"""Extracts from an unpacked TFX the facts that `scripts/tfx_compatibility.py` and `penstock doctor` go by.

    python scripts/tfx_facts.py FOLDER_OF_TFX [FILE]

TFX is read, not imported. Written are names of modules, classes, functions, arguments, fields and members;
nothing else. The file is committed, so this is run once per version of TFX.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "src" / "penstock" / "doctor" / "tfx.json"

Fact = dict[str, Any]

# Importable from TFX v1 although not in `__all__`, and in `__all__` although nothing of that name is there.
IMPORTABLE = {"tfx.v1.proto": ("PayloadFormat", "Versioning")}
NOT_THERE = {
    ("tfx.v1.proto", "Filesystem"),
    ("tfx.v1.orchestration.experimental", "get_default_kubeflow_metadata_config"),
}
NAMESPACES = ("tfx.v1", "tfx.v1.extensions", "tfx.v1.dsl.io")

# What TFX's HEAD of June 2026 (1.22-dev) has more than 1.16; its other constructors are the same.
HEAD = {"tfx.v1.components.Trainer": ["statistics"]}

# The modules outside v1 that TFX's own examples and the code of its users import, and the names they take from them.
OLDER = {
    "tfx.components": "*",
    "tfx.components.base.base_component": "BaseComponent",
    "tfx.components.base.base_driver": "BaseDriver",
    "tfx.components.base.base_executor": "BaseExecutor",
    "tfx.components.base.executor_spec": "ExecutorClassSpec ExecutorContainerSpec ExecutorSpec",
    "tfx.components.bulk_inferrer.component": "BulkInferrer",
    "tfx.components.common_nodes.importer_node": "ImporterNode",
    "tfx.components.common_nodes.resolver_node": "ResolverNode",
    "tfx.components.distribution_validator.component": "DistributionValidator",
    "tfx.components.evaluator.component": "Evaluator",
    "tfx.components.example_diff.component": "ExampleDiff",
    "tfx.components.example_gen.base_example_gen_executor": "BaseExampleGenExecutor",
    "tfx.components.example_gen.component": "FileBasedExampleGen QueryBasedExampleGen",
    "tfx.components.example_gen.csv_example_gen.component": "CsvExampleGen",
    "tfx.components.example_gen.csv_example_gen.executor": "Executor",
    "tfx.components.example_gen.custom_executors.avro_executor": "Executor",
    "tfx.components.example_gen.custom_executors.parquet_executor": "Executor",
    "tfx.components.example_gen.import_example_gen.component": "ImportExampleGen",
    "tfx.components.example_gen.import_example_gen.executor": "Executor",
    "tfx.components.example_gen.utils": (
        "dict_to_example generate_output_split_names make_default_input_config make_default_output_config "
        "date_to_span_number span_number_to_date"
    ),
    "tfx.components.example_validator.component": "ExampleValidator",
    "tfx.components.experimental.data_view.binder_component": "DataViewBinder",
    "tfx.components.experimental.data_view.provider_component": "TfGraphDataViewProvider",
    "tfx.components.infra_validator.component": "InfraValidator",
    "tfx.components.model_validator.component": "ModelValidator",
    "tfx.components.pusher.component": "Pusher",
    "tfx.components.schema_gen.component": "SchemaGen",
    "tfx.components.schema_gen.import_schema_gen.component": "ImportSchemaGen",
    "tfx.components.statistics_gen.component": "StatisticsGen",
    "tfx.components.trainer.component": "Trainer",
    "tfx.components.trainer.executor": "GenericExecutor TrainerFnArgs",
    "tfx.components.trainer.fn_args_utils": "DataAccessor FnArgs",
    "tfx.components.transform.component": "Transform",
    "tfx.components.transform.stats_options_util": "StatsType",
    "tfx.components.tuner.component": "Tuner TunerFnResult",
    "tfx.components.util.model_utils": "is_infra_validated is_model_blessed",
    "tfx.components.util.tfxio_utils": "get_split_tfxio get_tfxio_factory_from_artifact",
    "tfx.dsl.component.experimental.annotations": (
        "AsyncOutputArtifact BeamComponentParameter InputArtifact OutputArtifact OutputDict Parameter"
    ),
    "tfx.dsl.component.experimental.container_component": "create_container_component",
    "tfx.dsl.component.experimental.decorators": "BaseFunctionalComponent BaseFunctionalComponentFactory component",
    "tfx.dsl.component.experimental.executor_specs": "TemplatedExecutorContainerSpec",
    "tfx.dsl.component.experimental.placeholders": (
        "ConcatPlaceholder InputUriPlaceholder InputValuePlaceholder OutputUriPlaceholder"
    ),
    "tfx.dsl.components.base.base_beam_component": "BaseBeamComponent",
    "tfx.dsl.components.base.base_beam_executor": "BaseBeamExecutor",
    "tfx.dsl.components.base.base_component": "BaseComponent",
    "tfx.dsl.components.base.base_driver": "BaseDriver",
    "tfx.dsl.components.base.base_executor": "BaseExecutor",
    "tfx.dsl.components.base.base_node": "BaseNode",
    "tfx.dsl.components.base.executor_spec": (
        "BeamExecutorSpec ExecutorClassSpec ExecutorContainerSpec ExecutorSpec"
    ),
    "tfx.dsl.components.common.importer": "Importer",
    "tfx.dsl.components.common.manual_node": "ManualNode",
    "tfx.dsl.components.common.resolver": "Resolver ResolverStrategy",
    "tfx.dsl.control_flow.for_each": "ForEach",
    "tfx.dsl.experimental.conditionals.conditional": "Cond",
    "tfx.dsl.experimental.latest_artifacts_resolver": "LatestArtifactsResolver",
    "tfx.dsl.experimental.latest_blessed_model_resolver": "LatestBlessedModelResolver",
    "tfx.dsl.experimental.node_execution_options.utils": "NodeExecutionOptions",
    "tfx.dsl.experimental.spans_resolver": "SpansResolver",
    "tfx.dsl.input_resolution.canned_resolver_functions": (
        "all_spans filter_custom_property_equal filter_property_equal latest_created latest_pipeline_run_outputs "
        "latest_version paired_spans pick rolling_range sequential_rolling_range shuffle slice sliding_window "
        "static_range"
    ),
    "tfx.dsl.input_resolution.resolver_function": "resolver_function",
    "tfx.dsl.input_resolution.strategies.latest_artifact_strategy": "LatestArtifactStrategy",
    "tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy": "LatestBlessedModelStrategy",
    "tfx.dsl.input_resolution.strategies.span_range_strategy": "SpanRangeStrategy",
    "tfx.dsl.io.fileio": (
        "NotFoundError PathType copy exists glob isdir listdir makedirs mkdir open remove rename rmtree stat walk"
    ),
    "tfx.dsl.placeholder.placeholder": (
        "dirname environment_variable exec_property execution_invocation input join join_path logical_and "
        "logical_not logical_or make_list make_proto output runtime_info ListSerializationFormat "
        "ProtoSerializationFormat"
    ),
    "tfx.extensions.google_cloud_ai_platform.constants": "ENABLE_VERTEX_KEY SERVING_ARGS_KEY VERTEX_REGION_KEY",
    "tfx.extensions.google_cloud_ai_platform.pusher.component": "Pusher",
    "tfx.extensions.google_cloud_ai_platform.pusher.executor": "Executor",
    "tfx.extensions.google_cloud_ai_platform.trainer.component": "Trainer",
    "tfx.extensions.google_cloud_ai_platform.trainer.executor": "GenericExecutor TRAINING_ARGS_KEY",
    "tfx.extensions.google_cloud_ai_platform.tuner.component": "Tuner",
    "tfx.extensions.google_cloud_big_query.example_gen.component": "BigQueryExampleGen",
    "tfx.extensions.google_cloud_big_query.pusher.component": "Pusher",
    "tfx.extensions.google_cloud_big_query.pusher.executor": "Executor",
    "tfx.orchestration.airflow.airflow_dag_runner": "AirflowDagRunner AirflowPipelineConfig",
    "tfx.orchestration.beam.beam_dag_runner": "BeamDagRunner",
    "tfx.orchestration.data_types": "RuntimeParameter",
    "tfx.orchestration.experimental.interactive.interactive_context": "InteractiveContext",
    "tfx.orchestration.kubeflow.decorators": "FinalStatusStr exit_handler",
    "tfx.orchestration.kubeflow.kubeflow_dag_runner": (
        "KubeflowDagRunner KubeflowDagRunnerConfig get_default_kubeflow_metadata_config"
    ),
    "tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner": "KubeflowV2DagRunner KubeflowV2DagRunnerConfig",
    "tfx.orchestration.local.local_dag_runner": "LocalDagRunner",
    "tfx.orchestration.metadata": (
        "ConnectionConfigType Metadata mysql_metadata_connection_config sqlite_metadata_connection_config"
    ),
    "tfx.orchestration.pipeline": "ExecutionMode Pipeline PipelineInputs RunOptions",
    "tfx.proto.bulk_inferrer_pb2": "*",
    "tfx.proto.distribution_validator_pb2": "*",
    "tfx.proto.evaluator_pb2": "*",
    "tfx.proto.example_diff_pb2": "*",
    "tfx.proto.example_gen_pb2": "*",
    "tfx.proto.infra_validator_pb2": "*",
    "tfx.proto.pusher_pb2": "*",
    "tfx.proto.range_config_pb2": "*",
    "tfx.proto.trainer_pb2": "*",
    "tfx.proto.transform_pb2": "*",
    "tfx.proto.tuner_pb2": "*",
    "tfx.proto.orchestration.run_state_pb2": "*",
    "tfx.types": "Artifact BaseChannel Channel ComponentSpec Property ValueArtifact",
    "tfx.types.artifact": "Artifact Property PropertyType",
    "tfx.types.artifact_utils": "get_single_instance get_single_uri get_split_uri get_split_uris "
    "encode_split_names decode_split_names",
    "tfx.types.channel": "BaseChannel Channel Property",
    "tfx.types.channel_utils": "artifact_query as_channel external_pipeline_artifact_query union",
    "tfx.types.component_spec": "ChannelParameter ComponentSpec ExecutionParameter",
    "tfx.types.standard_artifacts": "*",
    "tfx.types.standard_component_specs": (
        "BulkInferrerSpec EvaluatorSpec ExampleValidatorSpec FileBasedExampleGenSpec PusherSpec SchemaGenSpec "
        "StatisticsGenSpec TrainerSpec TransformSpec"
    ),
    "tfx.types.system_artifacts": "Dataset Metrics Model Statistics",
    "tfx.types.system_executions": "Deploy Evaluate Process Train Transform",
    "tfx.types.value_artifact": "ValueArtifact",
    "tfx.utils.dsl_utils": "csv_input external_input tfrecord_input",
    "tfx.utils.io_utils": (
        "all_files_pattern copy_dir copy_file delete_dir get_only_uri_in_dir load_csv_column_names "
        "parse_json_file parse_pbtxt_file read_bytes_file read_string_file write_bytes_file write_pbtxt_file "
        "write_string_file SchemaReader"
    ),
    "tfx.utils.json_utils": "Jsonable JsonableType dumps loads",
    "tfx.utils.path_utils": (
        "eval_model_dir eval_model_path serving_model_dir serving_model_path stamped_model_path warmup_file_path"
    ),
    "tfx.utils.proto_utils": "dict_to_proto json_to_proto proto_to_dict proto_to_json",
    "tfx.version": "__version__",
}
# Modules that were gone before 1.16, with the arguments that their names took last.
GONE: dict[str, dict[str, Fact]] = {
    "tfx.utils.dsl_utils": {name: {"kind": "function", "arguments": ["uri"]} for name in
                            ("csv_input", "external_input", "tfrecord_input")},
    "tfx.components.common_nodes.importer_node": {"ImporterNode": {"kind": "class", "arguments": [
        "instance_name", "source_uri", "artifact_type", "reimport", "properties", "custom_properties"]}},
    "tfx.components.common_nodes.resolver_node": {"ResolverNode": {"kind": "class", "arguments": [
        "instance_name", "resolver_class", "resolver_configs", "**kwargs"]}},
    "tfx.orchestration.kubeflow.kubeflow_dag_runner": {
        "KubeflowDagRunner": {"kind": "class"}, "KubeflowDagRunnerConfig": {"kind": "class"},
        "get_default_kubeflow_metadata_config": {"kind": "function"}},
}  # fmt: skip


class Source:
    """An unpacked TFX.

    Args:
        root: The folder ``tfx``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cache  # noqa: B019  one object for the life of the process
    def tree(self, module: str) -> ast.Module | None:
        """Returns a module's syntax tree; ``None`` where TFX has no such module."""
        base = self.root.parent.joinpath(*module.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return ast.parse(path.read_text(encoding="utf-8"))
        return None

    def public(self, module: str) -> list[str]:
        """Returns a module's ``__all__``, or what it defines or imports without an underscore."""
        tree = self.tree(module)
        assert tree is not None, module
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
                return list(ast.literal_eval(statement.value))
        return sorted(
            statement.name
            for statement in tree.body
            if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_")
        )

    def fact(self, module: str, name: str) -> Fact:
        """Returns what is known of one name."""
        if module.endswith("_pb2"):
            return self.proto(module)[name]
        if self.tree(f"{module}.{name}") is not None:
            return {"kind": "module"}
        module, node = self.definition(module, name)
        if module.endswith("_pb2"):
            return self.proto(module)[node if isinstance(node, str) else name]
        if isinstance(node, ast.FunctionDef):
            return {"kind": "function", "arguments": arguments(node)}
        if isinstance(node, ast.ClassDef):
            return self.of_class(module, node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "NamedTuple":
            pairs = [pair for pair in ast.walk(node.args[1]) if isinstance(pair, ast.Tuple)]
            return {"kind": "class", "arguments": [ast.literal_eval(p.elts[0]) for p in pairs if is_field(p)]}
        if isinstance(node, ast.Call) and "deprecated_alias" in ast.unparse(node.func):
            return self.aliased(module, node.args[-1] if node.args else node.keywords[-1].value)
        return {"kind": "value"}

    def home(self, module: str, name: str) -> tuple[object, ...]:
        """Returns what tells a definition from all others."""
        if self.tree(module) is None:
            return (module, name)
        if module.endswith("_pb2"):
            return (module, name)
        found, node = self.definition(module, name)
        if isinstance(node, ast.Call) and "deprecated_alias" in ast.unparse(node.func):
            target = node.args[-1] if node.args else node.keywords[-1].value
            prefix, _, other = ast.unparse(target).rpartition(".")
            return self.home(self.imported(found)[prefix], other)
        return (found, node if isinstance(node, str) else id(node))

    def aliased(self, module: str, target: ast.expr) -> Fact:
        path = ast.unparse(target)
        prefix, _, name = path.rpartition(".")
        return self.fact(f"{self.imported(module)[prefix]}" if prefix else module, name)

    def imported(self, module: str) -> dict[str, str]:
        tree = self.tree(module)
        assert tree is not None
        return {
            alias.asname or alias.name: f"{statement.module}.{alias.name}"
            for statement in ast.walk(tree)
            if isinstance(statement, ast.ImportFrom)
            for alias in statement.names
        }

    def definition(self, module: str, name: str) -> tuple[str, ast.AST | str]:
        """Returns the module that defines a name, and how; follows what is imported from elsewhere."""
        tree = self.tree(module)
        if tree is None:
            raise KeyError(f"{module}.{name}")
        guarded = [inner for outer in tree.body if isinstance(outer, ast.Try) for inner in outer.body]
        for statement in [*tree.body, *guarded]:
            if (
                isinstance(statement, (ast.FunctionDef, ast.ClassDef))
                and statement.name == name
                and not any("overload" in ast.unparse(decorator) for decorator in statement.decorator_list)
            ):
                return module, statement
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if name in [ast.unparse(target) for target in targets]:
                    return self.assigned(module, statement.value)
        home = self.imported(module).get(name)
        if home is None:
            raise KeyError(f"{module}.{name}")
        path, _, other = home.rpartition(".")
        if path.endswith("_pb2"):
            return path, other
        return self.definition(path, other) if path.startswith("tfx") else (path, ast.Pass())

    def assigned(self, module: str, value: ast.expr) -> tuple[str, ast.AST | str]:
        if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            home = self.imported(module).get(value.value.id, "")
            if home.startswith("tfx"):
                return (home, value.attr) if home.endswith("_pb2") else self.definition(home, value.attr)
        if isinstance(value, ast.Name):
            try:
                return self.definition(module, value.id)
            except KeyError:
                return module, value
        return module, value

    def of_class(self, module: str, node: ast.ClassDef) -> Fact:
        """Returns the constructor's arguments, or an enumeration's members."""
        bases = [ast.unparse(base) for base in node.bases]
        if any(base.endswith("Enum") for base in bases):
            members = [ast.unparse(s.targets[0]) for s in node.body if isinstance(s, ast.Assign)]
            return {"kind": "enum", "members": members}
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                if "_init_via_getitem" in ast.unparse(statement.args):  # made by brackets alone
                    return {"kind": "class"}
                return {"kind": "class", "arguments": arguments(statement)[1:]}
        fields = list(fields_of(node))
        if fields:
            return {"kind": "class", "arguments": fields}
        for base in bases:
            try:
                home, definition = self.assigned(module, ast.parse(base, mode="eval").body)
            except KeyError:
                continue
            if isinstance(definition, ast.ClassDef):
                return self.of_class(home, definition)
        return {"kind": "class"}

    @cache  # noqa: B019  one object for the life of the process
    def proto(self, module: str) -> dict[str, Fact]:
        """Returns the messages and enumerations of a ``_pb2`` module, read from its serialized descriptor."""
        text = (self.root.parent.joinpath(*module.split(".")).with_suffix(".py")).read_text(encoding="utf-8")
        literal = re.search(r"AddSerializedFile\((b'.*')\)", text)
        assert literal, module
        file = descriptor_pb2.FileDescriptorProto.FromString(ast.literal_eval(literal.group(1)))
        facts = {message.name: of_message(message) for message in file.message_type}
        for enum in file.enum_type:
            facts[enum.name] = {"kind": "enum", "members": [value.name for value in enum.value]}
            facts |= {value.name: {"kind": "value"} for value in enum.value}
        return facts


def is_field(pair: ast.Tuple) -> bool:
    """Says whether a tuple is a name with its type."""
    return len(pair.elts) == 2 and isinstance(pair.elts[0], ast.Constant)


def of_message(message: descriptor_pb2.DescriptorProto) -> Fact:
    """Returns a message's fields, and what is nested in it."""
    fact: Fact = {"kind": "message", "fields": [field.name for field in message.field]}
    nested = {inner.name: of_message(inner) for inner in message.nested_type if not inner.options.map_entry}
    nested |= {
        enum.name: {"kind": "enum", "members": [v.name for v in enum.value]} for enum in message.enum_type
    }
    return fact | ({"nested": nested} if nested else {})


def fields_of(node: ast.ClassDef) -> Iterator[str]:
    """Yields the fields of a class whose constructor is made by attrs or dataclasses."""
    made = any(re.match(r"attr|dataclass", ast.unparse(decorator)) for decorator in node.decorator_list)
    for statement in node.body if made else ():
        if isinstance(statement, ast.AnnAssign) and "ClassVar" not in ast.unparse(statement.annotation):
            name = ast.unparse(statement.target)
            if not name.startswith("_"):
                yield name
        elif isinstance(statement, ast.Assign) and "attr.ib" in ast.unparse(statement.value):
            yield ast.unparse(statement.targets[0])


def arguments(function: ast.FunctionDef) -> list[str]:
    """Returns a function's argument names in order, with ``*`` and ``**`` where Python writes them."""
    spec = function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    if spec.vararg:
        names.append(f"*{spec.vararg.arg}")
    elif spec.kwonlyargs:
        names.append("*")
    names += [argument.arg for argument in spec.kwonlyargs]
    names += [f"**{spec.kwarg.arg}"] if spec.kwarg else []
    return [name for name in names if not name.startswith("_")]


def modules_of_v1(source: Source) -> Iterator[str]:
    """Yields the modules of the public API."""
    for path in sorted((source.root / "v1").rglob("*.py")):
        parts = path.relative_to(source.root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name not in NAMESPACES:
            yield name


def collected(root: Path) -> Fact:
    """Returns all facts of an unpacked TFX."""
    source = Source(root)
    _, version = source.definition("tfx.version", "__version__")
    public: dict[str, dict[str, Fact]] = {}
    for module in modules_of_v1(source):
        names = [*source.public(module), *IMPORTABLE.get(module, ())]
        found = {name: source.fact(module, name) for name in sorted(names) if (module, name) not in NOT_THERE}
        public[module] = {name: fact for name, fact in found.items() if fact["kind"] != "module"}
    homes = {
        source.home(module, name): f"{module}.{name}"
        for module in reversed(public)
        for name in public[module]
    }
    public["tfx.v1"] = {"__version__": {"kind": "value"}}
    older: dict[str, dict[str, Fact]] = {}
    for module, listed in OLDER.items():
        if module in GONE or source.tree(module) is None:
            older[module] = GONE.get(module) or {name: {"kind": "gone"} for name in listed.split()}
        elif listed == "*":
            every = source.proto(module) if module.endswith("_pb2") else source.public(module)
            older[module] = {name: source.fact(module, name) for name in sorted(every)}
        else:
            older[module] = {name: source.fact(module, name) for name in sorted(listed.split())}
    for module, members in older.items():
        for name, fact in members.items():
            same = homes.get(source.home(module, name))
            if same is not None:
                older[module][name] = {"same_as": same}
            elif fact["kind"] == "module":
                raise SystemExit(f"{module}.{name} is a module")
    assert isinstance(version, ast.Constant)
    return {"version": version.value, "head": HEAD, "public": public, "older": older}


def written(facts: Fact) -> str:
    """Returns the facts as JSON with one line a name, so that another version of TFX reads as a difference."""
    parts = [f' "{key}": {json.dumps(facts[key])}' for key in ("version", "head")]
    for part in ("public", "older"):
        modules = []
        for module, names in sorted(facts[part].items()):
            lines = [f'   "{name}": {json.dumps(fact)}' for name, fact in sorted(names.items())]
            modules.append(f'  "{module}": {{\n' + ",\n".join(lines) + "\n  }")
        parts.append(f' "{part}": {{\n' + ",\n".join(modules) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Writes the facts."""
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else FACTS
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(written(collected(Path(sys.argv[1]).resolve())), encoding="utf-8")


if __name__ == "__main__":
    main()
