# SPDX-License-Identifier: MIT
# Completion of corbel for bash. Commands and options come from the help texts,
# guests from the host.

_corbel()
{
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} operands

	if ((COMP_CWORD == 1)) || [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(corbel help 2>/dev/null |
			sed -n 's/^  \([a-z-]*\) .*/\1/p')" -- "$word")
		return
	fi
	if [[ $command == xml ]]; then
		if ((COMP_CWORD == 2)); then
			mapfile -t COMPREPLY < <(compgen -W "$(corbel help |
				sed -n 's/^  xml \([a-z]*\) .*/\1/p')" -- "$word")
			return
		fi
		command+=" ${COMP_WORDS[2]}"
	fi
	# shellcheck disable=SC2086
	operands=$(corbel help $command 2>/dev/null)
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(grep -o -- '--[a-z-]*' \
			<<<"$operands")" -- "$word")
		return
	fi
	operands=${operands%%$'\n'*}
	operands=${operands##*...}
	case $operands in
	*FILE*)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	*GUEST*)
		mapfile -t COMPREPLY < <(compgen -W "$(corbel list --all \
			2>/dev/null | awk 'NR > 2 { print $2 }')" -- "$word")
		;;
	esac
}

complete -F _corbel corbel
