/* SPDX-License-Identifier: MIT */
/* Inside the executor: MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS. */
#pragma once

#include "virt/emul/emul.h"

bool string_insn_is(enum insn_op op);

/* emul_execute() for these. */
enum emul_result string_insn_execute(struct emul *e, const struct insn *i);
