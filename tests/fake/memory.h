/* SPDX-License-Identifier: MIT */
/* What fake_reset() resets; for the files of this folder. */
#pragma once

void fake_memory_reset(void);
