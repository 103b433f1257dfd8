/* SPDX-License-Identifier: MIT */
/*
 * An ordinary guest that is no Linux: the front halves of pv-drivers/ against
 * the service VM's back ends. It prints on its console, reads the store, and on
 * each of its disks reads what the service VM has put there and writes what the
 * service VM will look for (tests/system/tiny-guest). On its network card it
 * pings the service VM, and answers pings until the store says to end.
 *
 * A sector that holds number n holds it in 511 digits and a newline. The lower
 * half of a disk was filled so, with the sector's number; we fill the upper one.
 */
#include "lib/clock.h"
#include "lib/cpu.h"
#include "lib/packet.h"
#include "lib/pv-disk.h"
#include "lib/pv.h"
#include "lib/test.h"
#include "pv-drivers/net/front_device.h"

#define ECHOES   100u
#define PATIENCE (60 * SECOND)
#define STEP     PV_DISK_SECTORS(PV_DISK_PAGES)

static struct pv_disk disk;

static void fill(uint8_t *sector, uint64_t number)
{
	memset(sector, '0', SECTOR - 1);
	sector[SECTOR - 1] = '\n';
	for (unsigned i = SECTOR - 2; number != 0; i--) {
		sector[i] = (uint8_t)('0' + number % 10);
		number /= 10;
	}
}

static bool holds(const uint8_t *sector, uint64_t number)
{
	uint8_t want[SECTOR];

	fill(want, number);
	return memcmp(sector, want, SECTOR) == 0;
}

/* All of [from, to) is as its number says. */
static bool verify(uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += STEP) {
		memset(disk.data, 0, PV_DISK_PAGES * PAGE_SIZE);
		if (!pv_disk_move(&disk, BLKIF_OP_READ, at, PV_DISK_PAGES)) {
			return false;
		}
		for (unsigned i = 0; i < STEP; i++) {
			if (!holds(disk.data + i * SECTOR, at + i)) {
				return false;
			}
		}
	}
	return true;
}

static bool write_numbers(uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += STEP) {
		for (unsigned i = 0; i < STEP; i++) {
			fill(disk.data + i * SECTOR, at + i);
		}
		if (!pv_disk_move(&disk, BLKIF_OP_WRITE, at, PV_DISK_PAGES)) {
			return false;
		}
	}
	return pv_disk_move(&disk, BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
}

/* Past the end of the disk: an error, and the ring works on. */
static bool refused(void)
{
	return !pv_disk_move(&disk, BLKIF_OP_READ, disk.device.sectors - 8,
			     PV_DISK_PAGES) &&
	       disk.errors > 0 && !disk.device.front.is_broken;
}

static void use_disk(const char *folder)
{
	uint64_t half, all;

	if (!expect(pv_disk_open(&disk, folder), "both halves connect",
		    "%s: state %d", folder, disk.device.bus.state)) {
		return;
	}
	all = disk.device.sectors;
	half = all / 2;
	print("%s: %lu sectors, served by %s\n", folder, all,
	      disk.device.bus.back);
	expect(verify(0, half), "reads what the service VM has written",
	       "other data or an error");
	expect(write_numbers(half, all), "writes and flushes", "an error");
	expect(verify(half, all), "reads what it has written",
	       "other data or an error");
	expect(refused(), "a read past the end is refused", "it is not");
	expect(pv_disk_close(&disk), "closes, and no grant is in use",
	       "state %d", disk.device.bus.state);
}

/* Transactions and errors of the store, in our own folder. */
static void use_store(void)
{
	char value[STORE_VALUE_MAX];

	print("I am %s\n", pv_read("name"));
	expect_eq("write", store_write(pv_store, "data/note", "tiny"), 0);
	expect_eq("read", strcmp(pv_read("data/note"), "tiny"), 0);
	expect_eq("begin", store_begin(pv_store), 0);
	expect_eq("write inside", store_write(pv_store, "data/note", "x"), 0);
	expect_eq("end", store_end(pv_store), 0);
	expect_eq("what was written inside", strcmp(pv_read("data/note"), "x"),
		  0);
	expect_eq("a key that is not there",
		  store_read(pv_store, "data/none", value), -XEN_ENOENT);
	expect_eq("a key of another",
		  store_write(pv_store, "/local/domain/0/name", "me"),
		  -XEN_EACCES);
}

static struct net_front_device card;
static struct packet_ends ends;
static volatile unsigned arp_replies, echo_replies, answers;
static unsigned wrong_echoes;

static void answer(const uint8_t *frame, size_t size)
{
	static uint8_t copy[PAGE_SIZE];

	memcpy(copy, frame, size);
	size = packet_answer(copy, size, &ends);
	answers += net_front_send(&card.front, copy, size) == 0;
}

static void on_frame(void *context, const uint8_t *frame, size_t size)
{
	uint16_t number;
	size_t bytes;

	(void)context;
	switch (packet_look(frame, size, &ends)) {
	case PACKET_ARP_REQUEST:
	case PACKET_ECHO_REQUEST:
		answer(frame, size);
		break;
	case PACKET_ARP_REPLY:
		packet_learn(frame, &ends);
		arp_replies++;
		break;
	case PACKET_ECHO_REPLY:
		echo_replies++;
		if (!packet_echo_is_right(frame, &number, &bytes) ||
		    bytes != number * 13u % PACKET_ECHO_MAX) {
			wrong_echoes++;
		}
		break;
	case PACKET_OTHER:
		break;
	}
}

/* Until the bridge lets frames through. */
static bool find_peer(void)
{
	uint8_t frame[PACKET_MAX];
	uint64_t end = clock_now() + PATIENCE;

	while (arp_replies == 0 && clock_now() < end) {
		size_t size = packet_arp_request(frame, &ends);

		net_front_send(&card.front, frame, size);
		pv_wait_for(&arp_replies, 1, SECOND);
	}
	return arp_replies > 0;
}

/* One after the other; the host may drop one of them now and then. */
static unsigned ping(void)
{
	uint8_t frame[PACKET_MAX];
	unsigned good = 0;

	for (uint16_t i = 0; i < ECHOES; i++) {
		size_t size = packet_echo_request(frame, &ends, i,
						  i * 13u % PACKET_ECHO_MAX);
		unsigned before = echo_replies;

		net_front_send(&card.front, frame, size);
		good += pv_wait_for(&echo_replies, before + 1, 5 * SECOND);
	}
	return good;
}

static void answer_pings(void)
{
	char value[STORE_VALUE_MAX];
	uint64_t end = clock_now() + 2 * PATIENCE;

	print("answers pings\n");
	while (clock_now() < end &&
	       (store_read(pv_store, "control/shutdown", value) != 0 ||
		value[0] == '\0')) {
		pv_rest(100 * MILLISECOND);
	}
	expect(answers > 1, "answers pings", "%u answers", answers);
}

static void use_card(const char *folder)
{
	int rc = net_front_device_open(&card, pv_env, pv_store, folder,
				       on_frame, NULL);
	unsigned good;

	memcpy(ends.mac, card.mac, sizeof(ends.mac));
	ends.ip = (uint32_t)option("ip", 0);
	ends.peer = (uint32_t)option("peer", 0);
	if (!expect(rc == 0 && pv_settle(&card.bus, xenbus_front_is_up),
		    "the card's halves connect", "%s: %d, state %d", folder, rc,
		    card.bus.state) ||
	    !expect(find_peer(), "finds the service VM", "no answer to ARP")) {
		return;
	}
	good = ping();
	expect(good > ECHOES * 9 / 10, "pings the service VM", "%u of %u", good,
	       ECHOES);
	expect_eq("what comes back is what was sent", wrong_echoes, 0);
	answer_pings();
	expect(!card.front.is_broken, "the card's rings are whole",
	       "they are not");
}

void guest_main(void)
{
	pv_start();
	use_store();
	expect(pv_each("vbd", use_disk) > 0, "has disks", "none in the store");
	expect(pv_each("vif", use_card) > 0, "has a card", "none in the store");
}
