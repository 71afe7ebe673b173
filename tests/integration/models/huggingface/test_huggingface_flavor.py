# SPDX-License-Identifier: Apache-2.0
"""Tiny models of random weights, as pipelines and with tensors, from a folder alone."""

from __future__ import annotations

import io
import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, DependencyError, ParameterError
from penstock.models import LoadOptions, describe, load, recognise, save

pytestmark = pytest.mark.pytorch
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "the", "a"]
TEXTS = ["good film", "the bad film the bad film", "a"]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def tokenizer() -> Any:
    tokenizers = pytest.importorskip("tokenizers")
    models, processors = tokenizers.models, tokenizers.processors
    words = tokenizers.Tokenizer(
        models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, mask_token="[MASK]", model_max_length=12, **names
    )


def bert(kind: str) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    return getattr(transformers, f"Bert{kind}")(config).eval()


def rows(*texts: str, name: str = "text") -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(texts)], [name])


def listed(values: Any) -> list[Any]:
    return list(values.to_pylist() if isinstance(values, pa.Array) else values.tolist())


@pytest.mark.parametrize("as_pipeline", [True, False])
def test_classification_of_text(tokenizer: Any, tmp_path: Path, as_pipeline: bool) -> None:
    model = bert("ForSequenceClassification")
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")

    if as_pipeline:
        info = save(pipeline, tmp_path / "model", inputs=["review"])
    else:
        info = save(model, tmp_path / "model", tokenizer=tokenizer, inputs=["review"])

    assert getattr(recognise(str(tmp_path / "model")), "name", None) == "huggingface"
    assert describe(str(tmp_path / "model")) == info
    assert info.library_version == transformers.__version__
    assert (
        str(info.signature) == "serving_default(review: string[?]) -> (label: string[?], score: float64[?])"
    )
    predictor = load(str(tmp_path / "model"), options=LoadOptions(arguments={"inner_rows": 2}))
    found = predictor.predict(rows(*TEXTS, name="review"))
    expected = [pipeline(text)[0] for text in TEXTS]  # one by one: nothing is padded
    assert listed(found["label"]) == [answer["label"] for answer in expected]
    assert np.allclose(listed(found["score"]), [answer["score"] for answer in expected], atol=1e-6)
    assert predictor.device == "cpu"
    assert predictor.size_bytes >= sum(part.numel() * 4 for part in model.parameters())


def test_a_folder_that_save_pretrained_wrote(tokenizer: Any, tmp_path: Path) -> None:
    bert("ForSequenceClassification").save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)

    info = describe(str(tmp_path))

    assert (info.flavor, info.library_version) == ("huggingface", transformers.__version__)
    assert str(info.signature) == "serving_default(text: string[?]) -> (label: string[?], score: float64[?])"
    options = LoadOptions(features=("review",), arguments={"call": {"top_k": None}})
    found = load(str(tmp_path), options=options).predict(rows(*TEXTS, name="review"))
    assert [sorted(labels) for labels in listed(found["labels"])] == [["LABEL_0", "LABEL_1"]] * 3
    assert listed(found["label"]) == [labels[0] for labels in listed(found["labels"])]
    any_name = load(str(tmp_path)).predict(rows(*TEXTS, name="the_only_column"))
    assert listed(any_name["label"]) == listed(found["label"])


def test_texts_that_are_longer_than_the_model_takes(tokenizer: Any, tmp_path: Path) -> None:
    for kind in ("ForSequenceClassification", "Model"):
        save(bert(kind), tmp_path / kind, tokenizer=tokenizer)
        found = load(str(tmp_path / kind)).predict(rows("good " * 50, "bad"))
        assert all(len(values) == 2 for values in found.values())


def test_embeddings_do_not_depend_on_the_neighbours(tokenizer: Any, tmp_path: Path) -> None:
    model = bert("Model")
    info = save(model, tmp_path / "model", tokenizer=tokenizer)
    assert str(info.signature) == "serving_default(text: string[?]) -> (embedding: float32[?, ?])"

    found = load(str(tmp_path / "model")).predict(rows(*TEXTS))["embedding"]

    for text, embedding in zip(TEXTS, found, strict=True):
        with torch.no_grad():
            vectors = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        assert np.allclose(embedding, vectors.mean(dim=0).numpy(), atol=1e-6)


def test_entities_and_masks(tokenizer: Any, tmp_path: Path) -> None:
    save(bert("ForTokenClassification"), tmp_path / "entities", tokenizer=tokenizer)
    entities = listed(load(str(tmp_path / "entities")).predict(rows(*TEXTS))["entities"])
    assert [bool(found) for found in entities] == [True, True, True]
    assert set(entities[0][0]) == {"entity_group", "score", "word", "start", "end"}

    save(bert("ForMaskedLM"), tmp_path / "mask", tokenizer=tokenizer)
    predictor = load(str(tmp_path / "mask"))
    filled = predictor.predict(rows("good [MASK]", "[MASK]"))
    assert list(filled) == ["token", "score", "sequence"]
    assert set(listed(filled["token"])) <= set(WORDS)
    with pytest.raises(DataError, match="the pipeline for fill-mask refused the rows"):
        predictor.predict(rows("no mask"))


def test_generated_text(tokenizer: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=len(WORDS), n_embd=8, n_layer=1, n_head=2, n_positions=32)
    save(
        transformers.GPT2LMHeadModel(config),
        tmp_path / "model",
        tokenizer=tokenizer,
        call={"max_new_tokens": 2, "do_sample": False},
    )
    found = listed(load(str(tmp_path / "model")).predict(rows(*TEXTS))["generated_text"])
    assert [text.startswith(given) for text, given in zip(found, TEXTS, strict=True)] == [True, True, True]


def test_images(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("torchvision", reason="image processors of this Transformers need it")
    config = transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=8,
        patch_size=4,
    )
    processor = transformers.ViTImageProcessor(size={"height": 8, "width": 8})
    save(transformers.ViTForImageClassification(config), tmp_path / "model", tokenizer=processor)
    encoded = io.BytesIO()
    image.new("RGB", (20, 10), "red").save(encoded, "PNG")
    pictures = pa.RecordBatch.from_arrays([pa.array([encoded.getvalue()])], ["image"])
    found = load(str(tmp_path / "model")).predict(pictures)
    assert listed(found["label"])[0].startswith("LABEL_")
    with pytest.raises(DataError, match="no image that can be decoded"):
        load(str(tmp_path / "model")).predict(pa.RecordBatch.from_arrays([pa.array([b"no"])], ["image"]))


def test_without_a_tokenizer_a_model_takes_tensors(tmp_path: Path) -> None:
    model = bert("ForSequenceClassification")
    info = save(model, tmp_path / "model", inputs=["input_ids", "attention_mask"])
    assert [str(spec) for spec in (info.signature.inputs if info.signature else ())] == [
        "input_ids: int64[...]",
        "attention_mask: int64[...]",
    ]
    ids = [[2, 5, 3], [2, 6, 3]]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(ids), pa.array([[1, 1, 1]] * 2)], ["input_ids", "attention_mask"]
    )
    with torch.no_grad():
        expected = model(input_ids=torch.tensor(ids)).logits.numpy()
    assert np.allclose(load(str(tmp_path / "model")).predict(batch)["logits"], expected, atol=1e-6)

    model.save_pretrained(tmp_path / "bare")
    found = load(str(tmp_path / "bare")).predict(pa.RecordBatch.from_arrays([pa.array(ids)], ["input_ids"]))
    assert np.allclose(found["logits"], expected, atol=1e-6)


def test_what_cannot_be_loaded(tokenizer: Any, tmp_path: Path) -> None:
    save(bert("ForSequenceClassification"), tmp_path / "model", tokenizer=tokenizer)
    config = tmp_path / "model" / "config.json"
    content = json.loads(config.read_text())

    config.write_text(json.dumps({**content, "architectures": ["BertForTelepathy"]}))
    with pytest.raises(DependencyError, match="has no BertForTelepathy.*install the version that saved it"):
        load(str(tmp_path / "model"))
    config.write_text(json.dumps({**content, "auto_map": {"AutoModel": "code.Model"}}))
    with pytest.raises(ParameterError, match="code of its own in its folder, which is not run"):
        load(str(tmp_path / "model"))
    config.write_text("{")
    with pytest.raises(DataError, match="config.json cannot be understood"):
        load(str(tmp_path / "model"))
    config.write_text(json.dumps(content))
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(DataError, match="the weights of the model at .* are damaged"):
        load(str(tmp_path / "model"))
    weights.unlink()
    with pytest.raises(DataError, match="does not load with Transformers"):
        load(str(tmp_path / "model"))


def test_words_of_the_user_that_do_not_fit(tokenizer: Any, tmp_path: Path) -> None:
    model = bert("ForSequenceClassification")
    with pytest.raises(ParameterError, match="takes one column"):
        save(model, tmp_path / "model", tokenizer=tokenizer, inputs=["a", "b"])
    with pytest.raises(ParameterError, match="follows from its task"):
        save(model, tmp_path / "model", tokenizer=tokenizer, outputs=["a"])
    save(model, tmp_path / "model", tokenizer=tokenizer)
    with pytest.raises(ParameterError, match="loaded without an argument 'tasks'.*did you mean 'task'"):
        load(str(tmp_path / "model"), options=LoadOptions(arguments={"tasks": "ner"}))
    predictor = load(str(tmp_path / "model"))
    with pytest.raises(DataError, match="text: string.*no such feature"):
        predictor.predict(pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array(["b"])], ["x", "y"]))
