// SPDX-License-Identifier: GPL-2.0-only
/* All probes: one object, and after the preprocessor one BCC text. */
#include "dialect.h"
#include "tables.h"
#include "structs.h"
#include "state.h"
#include "instances.bpf.h"
#include "sched.bpf.h"
#include "arguments.bpf.h"
#include "fd_polls.bpf.h"
#include "sums.bpf.h"
#include "calls.bpf.h"
#include "restart.bpf.h"
#include "tasks.bpf.h"
#include "entry.bpf.h"
#include "fdscan.bpf.h"
#include "waitqueue.bpf.h"
#include "callback.bpf.h"
#include "copy.bpf.h"
#include "path.bpf.h"

#ifndef __BCC__
char LICENSE[] SEC("license") = "GPL";
#endif
