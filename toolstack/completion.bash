# SPDX-License-Identifier: MIT
# Completion of corbel for bash. Commands and options come from the help texts,
# guests from the host.

_corbel()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(corbel help 2>/dev/null |
			sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
		return
	fi
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(corbel help "$command" \
			2>/dev/null | grep -o -- '--[a-z]*')" -- "$word")
		return
	fi
	case $command in
	create)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	info | console | pause | unpause | shutdown | reboot | destroy)
		mapfile -t COMPREPLY < <(compgen -W "$(corbel list 2>/dev/null |
			awk 'NR > 2 { print $2 }')" -- "$word")
		;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "$(corbel help 2>/dev/null |
			sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
		;;
	esac
}

complete -F _corbel corbel
