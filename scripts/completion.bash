# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Completes the commands of custos, their actions and their options in bash; custos itself knows them.

_custos() {
    local word=${COMP_WORDS[COMP_CWORD]}
    local named=()
    local words=
    local at
    for ((at = 1; at < COMP_CWORD && at < 5; at++)); do
        case ${COMP_WORDS[at]} in
            -*) break ;;
            help) ((at == 1)) || named+=("${COMP_WORDS[at]}") ;;
            *) named+=("${COMP_WORDS[at]}") ;;
        esac
    done
    # The last words are a command, an action or a kind, or else arguments of what is before them.
    for ((at = ${#named[@]}; at >= 0; at--)); do
        words=$("${COMP_WORDS[0]}" help --words "${named[@]:0:at}" 2>/dev/null) && break
        ((at > 1)) || break
    done
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _custos custos
