/* SPDX-License-Identifier: MIT */
/*
 * Which command was meant by a word that is none.
 */
#include <string.h>

#include "toolstack/command.h"

/* More letters than this are taken as no slip. */
#define WORD_MAX 31

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many letters have to be put in, left out or changed to make `to` of `from`. */
static unsigned int distance(const char *from, const char *to)
{
	const size_t length = strlen(to);
	unsigned int row[WORD_MAX + 1];

	for (unsigned int j = 0; j <= length; j++) {
		row[j] = j;
	}
	for (unsigned int i = 0; from[i] != '\0'; i++) {
		unsigned int corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			const unsigned int same = corner + (from[i] != to[j]);

			corner = row[j + 1];
			row[j + 1] = least(same, least(corner, row[j]) + 1);
		}
	}
	return row[length];
}

/* Letters that are wrong, of a word or of the second of two, as "dumpxml" of "xml
 * dumpxml". The first is seldom wrong, so it counts
 * more. */
static unsigned int wrong_letters(const char *word, const char *name)
{
	const char *const space = strchr(name, ' ');
	unsigned int wrong = 2 * distance(word, name) + (word[0] != name[0]);

	if (space != NULL) {
		wrong = least(wrong, 2 * distance(word, space + 1) + 1);
	}
	return wrong;
}

const char *command_similar(const char *word)
{
	const char *best = NULL;
	unsigned int least_wrong = 6; /* three letters are too many */

	if (strlen(word) > WORD_MAX) {
		return NULL;
	}
	for (const struct command *command = commands; command->name != NULL;
	     command++) {
		const size_t length = strlen(command->name);
		unsigned int wrong;

		if (command->run == NULL || length > WORD_MAX) {
			continue;
		}
		wrong = wrong_letters(word, command->name);
		if (wrong < least_wrong && wrong < 2 * length) {
			best = command->name;
			least_wrong = wrong;
		}
	}
	return best;
}
