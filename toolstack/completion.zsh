#compdef corbel
# SPDX-License-Identifier: MIT
# Completion of corbel for zsh: corbel itself knows what could be there.

local -a found
found=("${(@f)$("${words[1]}" --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
if [[ $found == :files ]]; then
	_files
else
	compadd -a found
fi
