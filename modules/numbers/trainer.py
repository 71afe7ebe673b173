# SPDX-License-Identifier: Apache-2.0
"""The five times table: a network learns y = 5x (Trainer's module, PyTorch)."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader

from modules.numbers.answers import ANSWER
from modules.numbers.network import Times
from penstock import models
from penstock.components import FnArgs
from penstock.data import RecordBatchesOptions

BATCH_SIZE = 32
EPOCHS = 100
LEARNING_RATE = 0.3


def run_fn(fn_args: FnArgs) -> dict[str, float]:
    """Trains the network and saves its state dict; the largest error on the known numbers is the final metric."""
    torch.manual_seed(17)
    options = RecordBatchesOptions(BATCH_SIZE, num_epochs=EPOCHS)
    dataset = fn_args.data_accessor.torch_dataset(fn_args.train_files, options)
    model = Times()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    for batch in DataLoader(dataset, batch_size=None):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(batch["x"].float()), batch["y"].float())
        loss.backward()
        optimizer.step()
    models.save(model, fn_args.serving_model_dir, inputs=["x"], outputs=[ANSWER])

    known = fn_args.data_accessor.read_numpy(fn_args.eval_files)
    with torch.no_grad():
        errors = model(torch.from_numpy(known["x"]).float()) - torch.from_numpy(known["y"])
    return {"val_largest_error": float(errors.abs().max())}
