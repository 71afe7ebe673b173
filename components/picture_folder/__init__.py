# SPDX-License-Identifier: Apache-2.0
"""PictureFolder: pictures out of the results of an inference, as files to look at."""

from __future__ import annotations

from components.picture_folder.component import PictureFolder as PictureFolder
