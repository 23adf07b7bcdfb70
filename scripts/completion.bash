# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Completes the commands of custos, their actions and their options in bash; custos itself knows them.

_custos() {
    local word=${COMP_WORDS[COMP_CWORD]}
    local named=()
    local at
    for ((at = 1; at < COMP_CWORD && at < 3; at++)); do
        case ${COMP_WORDS[at]} in
            -*) break ;;
            help) ((at == 1)) || named+=("${COMP_WORDS[at]}") ;;
            *) named+=("${COMP_WORDS[at]}") ;;
        esac
    done
    # The second word is an action of the first, or else an argument.
    mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" help --words "${named[@]}" 2>/dev/null ||
        "${COMP_WORDS[0]}" help --words "${named[0]}" 2>/dev/null)" -- "$word")
}

complete -o default -F _custos custos
