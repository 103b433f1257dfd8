# SPDX-License-Identifier: MIT
# Completion of corbel for bash: corbel itself knows what could be there.

_corbel()
{
	local word=${COMP_WORDS[COMP_CWORD]} found

	found=$("${COMP_WORDS[0]}" --complete \
		"${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ $found == :files ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -W "$found" -- "$word")
	fi
}

complete -F _corbel corbel
