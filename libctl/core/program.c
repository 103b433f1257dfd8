/* SPDX-License-Identifier: MIT */
/*
 * The program gets no descriptors but an empty stdin, a stdout that nobody
 * reads and a pipe for what it complains of, no blocked signals, and a session
 * of its own: Ctrl-C at our terminal is for us, who then undo what it did.
 */
#include "libctl/core/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_files(posix_spawn_file_actions_t *files, int complaints)
{
	const int error = posix_spawn_file_actions_adddup2(files, complaints,
							   STDERR_FILENO);

	if (error != 0) {
		return error;
	}
	posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null",
					 O_RDWR, 0);
	posix_spawn_file_actions_adddup2(files, STDIN_FILENO, STDOUT_FILENO);
	return posix_spawn_file_actions_addclosefrom_np(files,
							STDERR_FILENO + 1);
}

static void set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
}

/* 0, or an error number. */
static int start(const char *const argv[], int complaints, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	set_signals(&attributes);
	error = set_files(&files, complaints);
	if (error == 0) {
		error = posix_spawnp(pid, argv[0], &files, &attributes,
				     (char *const *)(uintptr_t)argv, environ);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Up to the end of all output: a full pipe would stop the program. */
static void read_line(int fd, char *said, size_t size)
{
	char piece[512];
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, piece, sizeof(piece))) > 0 ||
	       (got < 0 && errno == EINTR)) {
		for (ssize_t i = 0; i < got && length + 1 < size; i++) {
			said[length++] = piece[i];
		}
	}
	said[length] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

static enum program_end wait_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return PROGRAM_FAILED;
		}
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? PROGRAM_DONE
							     : PROGRAM_FAILED;
}

enum program_end program_run(const char *const argv[], char *said, size_t size)
{
	enum program_end end = PROGRAM_FAILED;
	int pipes[2], error;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) != 0) {
		snprintf(said, size, "%s", strerror(errno));
		return PROGRAM_FAILED;
	}
	error = start(argv, pipes[1], &pid);
	close(pipes[1]);
	if (error != 0) {
		snprintf(said, size, "%s", strerror(error));
		end = error == ENOENT ? PROGRAM_ABSENT : PROGRAM_FAILED;
	} else {
		read_line(pipes[0], said, size);
		end = wait_end(pid);
	}
	close(pipes[0]);
	return end;
}
