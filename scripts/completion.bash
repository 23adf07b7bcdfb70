# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Completes the commands of custos and their options in bash.

_custos() {
    local word=${COMP_WORDS[COMP_CWORD]}
    local words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="scan show match verify hashset register help --version"
    else
        case "${COMP_WORDS[1]}:$word" in
            scan:-*) words="-o --set --workers --exhibit --thorough --resume --json --quiet" ;;
            show:-*) words="--items --matches --findings --accounting --source --jsonl" ;;
            match:-*) words="--set --json" ;;
            hashset:-*)
                case "${COMP_WORDS[2]}" in
                    import) words="--as --alert --known-good --records --name --version --scheme --memory --json -o" ;;
                    union) words="--name --version --scheme --memory --json -o" ;;
                    diff) words="--list --json -o" ;;
                    export) words="--as" ;;
                    info) words="--json" ;;
                    lookup) words="--jsonl" ;;
                    near) words="--distance --jsonl" ;;
                esac
                ;;
            hashset:*) [ "$COMP_CWORD" -eq 2 ] && words="import info lookup near export diff union verify" ;;
            help:*) words="scan show match verify hashset help" ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _custos custos
