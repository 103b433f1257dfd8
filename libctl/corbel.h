/* SPDX-License-Identifier: MIT */
/*
 * libcorbel: what a toolstack does with a Corbel host, one call for each
 * operation. The only public header of the library.
 *
 * Calls return 0, or -1 after they have told why: corbel_error() has the object,
 * the reason and what to do. A call that fails has undone what it had begun. A
 * handle is used by one thread at a time.
 */
#ifndef CORBEL_H
#define CORBEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct corbel;

/* ---- errors ---- */

enum corbel_error_code {
	CORBEL_OK,
	CORBEL_INVALID,     /* configuration or argument */
	CORBEL_NOT_FOUND,   /* no such guest, file, bridge, ... */
	CORBEL_EXISTS,      /* name or id in use */
	CORBEL_NO_MEMORY,   /* the host's or a limit */
	CORBEL_NOT_ALLOWED, /* not root, not the service VM */
	CORBEL_UNSUPPORTED, /* not there yet, or not on this machine */
	CORBEL_TIMEOUT,     /* the other side did not answer */
	CORBEL_FAILED,      /* anything else */
};

struct corbel_error {
	enum corbel_error_code code;
	char object[128]; /* "guest web1", "disk xvda", "/path/file.xml:12" */
	char text[512];   /* one line, without the object */
};

/* The last failure on this handle. */
const struct corbel_error *corbel_error(const struct corbel *c);

/* ---- the handle ---- */

/* On failure `*c` is a handle, too, which only has the error; close it. */
int corbel_open(struct corbel **c);
void corbel_close(struct corbel *c);

/* ---- configuration of a guest ---- */

enum corbel_disk_kind {
	CORBEL_DISK_BLOCK, /* source is a block device */
	CORBEL_DISK_FILE,  /* source is a file */
};

enum corbel_disk_format {
	CORBEL_FORMAT_RAW,
	CORBEL_FORMAT_QCOW2, /* by qemu-nbd, a program of QEMU's */
};

enum corbel_backend {
	CORBEL_BACKEND_DEFAULT, /* block, qcow2: kernel; raw file: user */
	CORBEL_BACKEND_KERNEL,  /* blkback, files through a loop device */
	CORBEL_BACKEND_USER,    /* corbel-blkback */
};

struct corbel_disk {
	char *target; /* "xvda" */
	char *source; /* NULL: a drive without a medium */
	enum corbel_disk_kind kind;
	enum corbel_disk_format format;
	enum corbel_backend backend;
	bool readonly;
	bool cdrom; /* a drive: it stays when what is in it goes */
};

struct corbel_nic {
	char *bridge;
	char *target; /* name of its back end's interface, or NULL: vifN.I */
	uint8_t mac[6];
	uint32_t mtu;      /* 0: the bridge's */
	uint32_t rate_kib; /* it may send a second; 0: without limit */
};

enum corbel_action {
	CORBEL_DESTROY,
	CORBEL_RESTART,
	CORBEL_PRESERVE,
};

#define CORBEL_CPUS_MAX 256

/* A set of pCPUs, a bit for each. */
struct corbel_cpus {
	uint8_t bits[CORBEL_CPUS_MAX / 8];
};

struct corbel_sched {
	unsigned int weight; /* share of the pCPUs; 256 if nothing was said */
	unsigned int cap;    /* percent of one pCPU; 0 is no limit */
};

struct corbel_config {
	char *name;
	uint8_t uuid[16];
	bool uuid_is_new;    /* the file has none */
	bool hvm;            /* such can be defined, but not made yet */
	uint64_t memory_kib; /* the most that it can have */
	uint64_t start_kib;  /* what it starts with; 0: all */
	unsigned int vcpus;
	struct corbel_sched sched; /* weight 0: as it would be */
	struct corbel_cpus
		*pins; /* for each vCPU; an empty set is none. Or NULL */
	char *pool;    /* name or number; NULL: pool 0 */
	char *kernel;
	char *initrd;  /* or NULL */
	char *cmdline; /* or NULL */
	enum corbel_action on_poweroff, on_reboot, on_crash;
	size_t disk_count;
	struct corbel_disk *disks;
	size_t nic_count;
	struct corbel_nic *nics;
	char *xml; /* the whole, with its uuid; kept for the guest's life */
	char *warnings; /* what was ignored, a line each; or NULL */
};

/* From a file in libvirt's domain XML. Free it with corbel_config_free(). */
int corbel_config_read(struct corbel *c, const char *path,
		       struct corbel_config **out);
/* From such a text; `name` stands for it in failures. What it names need not be
 * on this machine; corbel_create() will tell. */
int corbel_config_parse(struct corbel *c, const char *name, const char *text,
			struct corbel_config **out);
void corbel_config_free(struct corbel_config *config);
/* It is to run in another pool than its description says, which is changed. */
int corbel_config_set_pool(struct corbel *c, struct corbel_config *config,
			   const char *pool);
/* What it wants done with a guest that stopped for this reason, SHUTDOWN_*. */
enum corbel_action corbel_action_of(const struct corbel_config *config,
				    unsigned int shutdown_reason);

/* A guest of Xen's xl, as it is here. */
struct corbel_conversion {
	char *xml;   /* domain XML */
	char *notes; /* what of it was not understood, a line each; may be "" */
	bool partial; /* devices are among that */
};

/* From a file as xl.cfg(5) has it. `more` is such a text that wins over it, or
 * NULL. Free with corbel_conversion_free(), which leaves an empty one. */
int corbel_convert(struct corbel *c, const char *path, const char *more,
		   struct corbel_conversion *out);
void corbel_conversion_free(struct corbel_conversion *conversion);

/* ---- definitions: guests that are known while they do not run ---- */

struct corbel_definition {
	char name[72];
	uint8_t uuid[16];
	unsigned int vcpus;
	uint64_t memory_kib;
	bool hvm;
	bool autostart;    /* with the machine, by corbeld */
	char problem[512]; /* why its file cannot be read: then all but the name
			    * and autostart is 0; or empty */
};

/* Keeps the description in the file `path` under the guest's name, in place of
 * the one with the same uuid. What it names need not be there before the start.
 * Free `*config`. */
int corbel_define(struct corbel *c, const char *path,
		  struct corbel_config **config);
/* Forgets it; the guest goes on if it runs. */
int corbel_undefine(struct corbel *c, const char *name);
/* All, by name; free(*list). */
int corbel_definitions(struct corbel *c, struct corbel_definition **list,
		       size_t *count);
/* What was defined: as it stands, free(*text), and ready for corbel_create(). */
int corbel_definition_xml(struct corbel *c, const char *name, char **text);
int corbel_definition_read(struct corbel *c, const char *name,
			   struct corbel_config **config);
/* Gives a configuration without uuid that of its name's definition; fails if it
 * has one of its own and the definition another. */
int corbel_definition_match(struct corbel *c, struct corbel_config *config);
int corbel_autostart(struct corbel *c, const char *name, bool on);

/* ---- life of a guest ---- */

#define CORBEL_CREATE_PAUSED 0x1u

/* Called on the way; `done` of `total` in the present step. */
typedef void (*corbel_progress_t)(const char *step, uint64_t done,
				  uint64_t total, void *context);
void corbel_set_progress(struct corbel *c, corbel_progress_t call,
			 void *context);

int corbel_create(struct corbel *c, const struct corbel_config *config,
		  unsigned int flags, uint32_t *domid);
int corbel_pause(struct corbel *c, uint32_t domid);
int corbel_unpause(struct corbel *c, uint32_t domid);
/* Ask the guest; come back when it has stopped, or CORBEL_TIMEOUT. With
 * `seconds` 0 they do not wait. */
int corbel_shutdown(struct corbel *c, uint32_t domid, unsigned int seconds);
int corbel_reboot(struct corbel *c, uint32_t domid, unsigned int seconds);
/* Has the guest suspend itself; it stays in memory, its devices with it. Comes back
 * when it stands still, or CORBEL_TIMEOUT, then it runs on. */
int corbel_suspend(struct corbel *c, uint32_t domid, unsigned int seconds);
/* It goes on where it suspended itself. */
int corbel_resume(struct corbel *c, uint32_t domid);
/* Ends it at once and removes all that belonged to it. CORBEL_TIMEOUT while the store
 * does not answer: it is paused then, and can be destroyed again. */
int corbel_destroy(struct corbel *c, uint32_t domid);
/* The same for all guests. One that fails is told, and keeps nobody from the others. */
int corbel_shutdown_all(struct corbel *c, unsigned int seconds);
int corbel_destroy_all(struct corbel *c);
/* Removes what is left in the store, and of block devices, of domains that are gone:
 * of how many, or -1. Left when a tool was killed, or the store away, meanwhile. */
int corbel_sweep(struct corbel *c);

/* ---- changing ---- */

/* The new name must be free. */
int corbel_rename(struct corbel *c, uint32_t domid, const char *name);
/* Has the guest keep that much memory by its balloon, and lets it have no more.
 * The guest does it in its own time. Up to what it was made with, or to the limit
 * that corbel_memory_limit() set. */
int corbel_memory_set(struct corbel *c, uint32_t domid, uint64_t kib);
/* What corbel_memory_set() may set: from what is set now to what the guest was
 * made with. */
int corbel_memory_limit(struct corbel *c, uint32_t domid, uint64_t kib);
/* A key of Linux's magic SysRq. */
int corbel_sysrq(struct corbel *c, uint32_t domid, char key);

/* ---- devices of a running guest ---- */

/* A file or a block device; the back end is what it would be by default. */
int corbel_disk_attach(struct corbel *c, uint32_t domid, const char *source,
		       const char *target, enum corbel_disk_format format,
		       bool readonly);
/* With a MAC of its own if `mac` is NULL; tells its number. */
int corbel_nic_attach(struct corbel *c, uint32_t domid, const char *bridge,
		      const char *mac, unsigned int *number);
/* The same two from what stands in the lists `disk` and `vif` of an xl.cfg. */
int corbel_disk_attach_text(struct corbel *c, uint32_t domid, const char *text);
int corbel_nic_attach_text(struct corbel *c, uint32_t domid, const char *text,
			   unsigned int *number);
/* Ask the guest to let go of it; CORBEL_TIMEOUT if it does not in that time. */
int corbel_disk_detach(struct corbel *c, uint32_t domid, const char *target,
		       unsigned int seconds);
int corbel_nic_detach(struct corbel *c, uint32_t domid, unsigned int number,
		      unsigned int seconds);

/* What is in a guest's CD-ROM drive: a disk that only is there with a medium. An
 * insertion takes out what was in it. As above, CORBEL_TIMEOUT if the guest keeps
 * that. */
int corbel_cdrom_insert(struct corbel *c, uint32_t domid, const char *target,
			const char *source, unsigned int seconds);
int corbel_cdrom_eject(struct corbel *c, uint32_t domid, const char *target,
		       unsigned int seconds);

enum corbel_device_kind {
	CORBEL_DEVICE_DISK,
	CORBEL_DEVICE_NIC,
};

struct corbel_device {
	enum corbel_device_kind kind;
	unsigned int number;
	char name[32];    /* a disk's target, an interface's MAC */
	char source[256]; /* path, or bridge; "": an empty drive */
	bool connected;   /* to the guest's driver */
	bool readonly;    /* these four of disks only */
	bool cdrom;
	bool user; /* its back end is corbel-blkback */
	enum corbel_disk_format format;
};

/* All of a guest, disks first; free(*list), which is NULL without any. */
int corbel_devices(struct corbel *c, uint32_t domid,
		   struct corbel_device **list, size_t *count);

/* ---- vCPUs ---- */

/* "all", or numbers and ranges with commas, "0,2-5"; "^3" takes one out. Returns
 * false if `text` is none of that. */
bool corbel_cpus_parse(const char *text, struct corbel_cpus *cpus);
/* The same from the set, "all" for the first `host` and more. Cut off where
 * `size` is too little. */
void corbel_cpus_text(const struct corbel_cpus *cpus, unsigned int host,
		      char *text, size_t size);

struct corbel_vcpu {
	uint32_t domid;
	unsigned int id;
	bool online;
	bool running; /* on `cpu`, now; else it last was there */
	bool blocked; /* waits for something */
	unsigned int cpu;
	uint64_t cpu_ns;
	uint64_t steal_ns; /* it could have run, but had no pCPU */
	uint64_t events;   /* raised for it */
	struct corbel_cpus affinity;
};

/* All of a domain, free(*list). */
int corbel_vcpus(struct corbel *c, uint32_t domid, struct corbel_vcpu **list,
		 size_t *count);
/* Where it may run from now on. pCPUs that are not there, or not in the domain's
 * pool, do not count. */
int corbel_vcpu_pin(struct corbel *c, uint32_t domid, unsigned int vcpu,
		    const struct corbel_cpus *cpus);
/* Has the guest use its first `count` vCPUs. It does so in its own time. */
int corbel_vcpus_set(struct corbel *c, uint32_t domid, unsigned int count);

int corbel_sched_get(struct corbel *c, uint32_t domid,
		     struct corbel_sched *sched);
int corbel_sched_set(struct corbel *c, uint32_t domid,
		     const struct corbel_sched *sched);

/* ---- pools of pCPUs ---- */

/* A set of pCPUs for some guests alone. Pool 0 has all pCPUs that are in no other,
 * the service VM, and the guests that are in no other. */
#define CORBEL_POOL_NAME 65

struct corbel_pool {
	unsigned int id;
	char name[CORBEL_POOL_NAME];
	struct corbel_cpus cpus;
	unsigned int domains; /* how many are in it */
};

/* All, pool 0 first; free(*list). */
int corbel_pools(struct corbel *c, struct corbel_pool **list, size_t *count);
/* What xlcpupool.cfg(5) says, in the file `path`, or NULL, and in the text `more`,
 * which wins: name and pCPUs. */
int corbel_pool_read(struct corbel *c, const char *path, const char *more,
		     struct corbel_pool *out);
/* In the calls below a pool is meant by its name or number. Its pCPUs are those of
 * pool 0, or of none. */
int corbel_pool_create(struct corbel *c, const char *name,
		       const struct corbel_cpus *cpus);
/* No guest may be in it. Its pCPUs go to pool 0. */
int corbel_pool_destroy(struct corbel *c, const char *pool);
int corbel_pool_rename(struct corbel *c, const char *pool, const char *name);
/* From pool 0, or from none, to this pool. Its guests use them at once. */
int corbel_pool_add(struct corbel *c, const char *pool,
		    const struct corbel_cpus *cpus);
/* To pool 0; those of pool 0 are in none then. One has to stay. */
int corbel_pool_remove(struct corbel *c, const char *pool,
		       const struct corbel_cpus *cpus);
/* The guest's vCPUs run anywhere in the pool then. It stays there when it is made
 * again. */
int corbel_pool_migrate(struct corbel *c, uint32_t domid, const char *pool);

/* ---- debugging ---- */

/* In the order of gdb's. */
enum corbel_register {
	CORBEL_RAX,
	CORBEL_RBX,
	CORBEL_RCX,
	CORBEL_RDX,
	CORBEL_RSI,
	CORBEL_RDI,
	CORBEL_RBP,
	CORBEL_RSP,
	CORBEL_R8,
	CORBEL_R9,
	CORBEL_R10,
	CORBEL_R11,
	CORBEL_R12,
	CORBEL_R13,
	CORBEL_R14,
	CORBEL_R15,
	CORBEL_RIP,
	CORBEL_RFLAGS,
	CORBEL_CS,
	CORBEL_SS,
	CORBEL_DS,
	CORBEL_ES,
	CORBEL_FS,
	CORBEL_GS,
	CORBEL_FS_BASE,
	CORBEL_GS_BASE,
	CORBEL_KERNEL_GS_BASE, /* what SWAPGS takes */
	CORBEL_CR0,
	CORBEL_CR2,
	CORBEL_CR3,
	CORBEL_CR4,
	CORBEL_EFER,
	CORBEL_REGISTERS,
};

struct corbel_registers {
	uint64_t value[CORBEL_REGISTERS];
	uint8_t fxsave[512]; /* x87 and SSE, as FXSAVE writes them */
};

/* What a vCPU does while its guest runs. */
enum corbel_debug_action {
	CORBEL_DEBUG_STAY,
	CORBEL_DEBUG_STEP, /* one instruction, then all stop */
	CORBEL_DEBUG_RUN,
};

enum corbel_debug_event {
	CORBEL_DEBUG_NOTHING,    /* it runs */
	CORBEL_DEBUG_BREAKPOINT, /* RIP is at an INT3 */
	CORBEL_DEBUG_STEPPED,
	CORBEL_DEBUG_STOPPED, /* it has shut down or crashed, but is there */
	CORBEL_DEBUG_GONE,
};

struct corbel_debug;

/* Stops a guest to debug it; one that has crashed already can be looked at. Ended
 * by corbel_debug_close(), it goes on. Uses the handle as long. */
int corbel_debug_open(struct corbel *c, uint32_t domid,
		      struct corbel_debug **d);
void corbel_debug_close(struct corbel_debug *d);
unsigned int corbel_debug_vcpus(const struct corbel_debug *d);
/* Of a vCPU that was started, while the guest stands still. */
bool corbel_debug_has(struct corbel_debug *d, unsigned int vcpu);
int corbel_debug_get(struct corbel_debug *d, unsigned int vcpu,
		     struct corbel_registers *registers);
/* Control registers and what belongs to them cannot be set. */
int corbel_debug_set(struct corbel_debug *d, unsigned int vcpu,
		     const struct corbel_registers *registers);
/* By virtual address, as that vCPU sees memory, read-only pages included. Returns
 * how many bytes were copied; fewer where memory ends. */
size_t corbel_debug_read(struct corbel_debug *d, unsigned int vcpu, uint64_t at,
			 void *bytes, size_t size);
size_t corbel_debug_write(struct corbel_debug *d, unsigned int vcpu,
			  uint64_t at, const void *bytes, size_t size);
/* An action for each vCPU. Fails for a guest that has stopped for good. */
int corbel_debug_run(struct corbel_debug *d,
		     const enum corbel_debug_action *actions);
/* Stops it now; events that came before are forgotten and come again. */
int corbel_debug_interrupt(struct corbel_debug *d);
/* Whether it has stopped by itself, which vCPU and why. Does not wait. */
int corbel_debug_poll(struct corbel_debug *d, enum corbel_debug_event *event,
		      unsigned int *vcpu);
/* Can be read when a guest's vCPU may have stopped for a debugger. -1 while another
 * process debugs one, who is told instead; and nobody is of a guest's end. */
int corbel_debug_file(const struct corbel_debug *d);
/* The INT3 at that vCPU's RIP is the guest's own: it gets its exception when it
 * goes on. */
int corbel_debug_pass(struct corbel_debug *d, unsigned int vcpu);

#define CORBEL_DUMP_LIVE  0x1u /* it goes on meanwhile */
#define CORBEL_DUMP_CRASH 0x2u /* then it has crashed */

/* Its memory and registers into a new ELF core file, for gdb and crash. It is given
 * up, and no file left, when `cancel` becomes readable, unless that is -1. */
int corbel_dump(struct corbel *c, uint32_t domid, const char *path,
		unsigned int flags, int cancel);

/* Injects an NMI. */
int corbel_nmi(struct corbel *c, uint32_t domid, unsigned int vcpu);

/* ---- what the hypervisor does ---- */

/* Records of <xen/trace.h>; one tool at a time. */
struct corbel_trace;

/* Of the classes TRC_* in `events`, on these pCPUs. */
int corbel_trace_open(struct corbel *c, uint32_t events,
		      const struct corbel_cpus *cpus,
		      struct corbel_trace **trace);
/* Readable when it is time for corbel_trace_read(). */
int corbel_trace_file(const struct corbel_trace *trace);
/* Whole records of one pCPU, one behind the other; they are gone afterwards. */
typedef void (*corbel_trace_take_t)(void *context, unsigned int cpu,
				    const void *records, size_t size);
/* Takes what has come, in pieces. */
int corbel_trace_read(struct corbel_trace *trace, corbel_trace_take_t take,
		      void *context);
/* No more records come. */
int corbel_trace_stop(struct corbel_trace *trace);
/* Tracing is off, its memory free. */
void corbel_trace_close(struct corbel_trace *trace);

/* ---- looking ---- */

enum corbel_state {
	CORBEL_STATE_RUNNING,
	CORBEL_STATE_BLOCKED,
	CORBEL_STATE_PAUSED,
	CORBEL_STATE_SHUTDOWN,
	CORBEL_STATE_CRASHED,
	CORBEL_STATE_DYING,
	CORBEL_STATE_SUSPENDED, /* by itself, to memory */
};

struct corbel_info {
	uint32_t domid;
	char name[256];
	uint8_t uuid[16];
	char pool[CORBEL_POOL_NAME]; /* of pCPUs, that it is in */
	enum corbel_state state;
	unsigned int vcpus;
	unsigned int vcpus_online;
	uint64_t memory_kib;
	uint64_t memory_max_kib;
	uint64_t cpu_ns;         /* this and the next two: of all its vCPUs */
	uint64_t steal_ns;       /* they could have run, but had no pCPU */
	uint64_t events;         /* raised for them */
	uint64_t store_requests; /* that it made, this and the next since the */
	uint64_t store_held_ns;  /* store daemon began: it was held back */
	unsigned int shutdown_reason; /* with SHUTDOWN or CRASHED: SHUTDOWN_* */
};

/* All domains, the service VM first; free(*list). */
int corbel_list(struct corbel *c, struct corbel_info **list, size_t *count);
int corbel_info(struct corbel *c, uint32_t domid, struct corbel_info *info);
/* By name, or by decimal id. */
int corbel_find(struct corbel *c, const char *name, uint32_t *domid);
/* The description that it was made from; free(*text). */
int corbel_xml(struct corbel *c, uint32_t domid, char **text);
/* How long it has run, by the wall clock. */
int corbel_uptime(struct corbel *c, uint32_t domid, uint64_t *seconds);
/* The terminal of its console; free(*path). */
int corbel_console_path(struct corbel *c, uint32_t domid, char **path);

/* `*fd` is readable when a domain or a device of one has come or gone, when a
 * domain has stopped, and at once. It is the handle's and lives as long. */
int corbel_changes_open(struct corbel *c, int *fd);
/* Takes what has come; fails when no more will. */
int corbel_changes_take(struct corbel *c);

struct corbel_host {
	char version[32]; /* of the hypervisor */
	unsigned int cpus;
	unsigned int nodes; /* of memory */
	unsigned int cores_per_socket;
	unsigned int threads_per_core;
	uint32_t cpu_khz;
	uint64_t memory_kib;
	uint64_t memory_free_kib;
};

int corbel_host(struct corbel *c, struct corbel_host *host);
/* The hypervisor's log, `clear`ed after reading; free(*text). */
int corbel_dmesg(struct corbel *c, bool clear, char **text);
/* As if typed at the hypervisor's console; what it prints is in its log. */
int corbel_debug_keys(struct corbel *c, const char *keys);
/* Of the library, "0.1.0". */
const char *corbel_library_version(void);

#ifdef __cplusplus
}
#endif

#endif
