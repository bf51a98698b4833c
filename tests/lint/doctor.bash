#!/usr/bin/env bash
# Is everything that a build and its tests touch in the list of packages, or there only because this machine happens to
# have it? Called by `./dev doctor`.
# usage: doctor.bash BUILD_DIRECTORY LISTED_PACKAGE... -- OPTIONAL_PACKAGE...
#
# What is looked at: every header that the compiler read, every library that the linker was given or that a built
# program loads, every package and program that CMake found (the tests' programs among them), every Python module that
# tests and scenarios import, every program that a scenario starts or a test names. Covered is what belongs to a listed package, to one
# that a listed package depends on (recommendations do not count: they are not installed), or to an essential one. An
# optional package may serve a program or a CMake package, but no header and no library.
set -euo pipefail
build=$1
shift
listed=() optional=()
while (($#)) && [[ $1 != -- ]]; do listed+=("$1"); shift; done
shift
optional=("$@")
here=$PWD

# --- the packages that an empty Debian has once the list is installed ------------------------------------------------

# Walks the dependencies of "$@" and of all essential packages. Of alternatives, the first that is installed counts.
closure() {
    # shellcheck disable=SC2016  # ${Package} and so on are dpkg-query's
    dpkg-query -W -f='${db:Status-Status}\t${Package}\t${Essential}\t${Provides}\t${Pre-Depends}, ${Depends}\n' |
        awk -F'\t' -v roots="$*" '
            function bare(s) { sub(/[ (:].*/, "", s); return s }
            $1 != "installed" { next }
            {
                here[$2] = 1
                depends[$2] = $5
                if ($3 == "yes") queue[++last] = $2
                n = split($4, provided, /, */)
                for (i = 1; i <= n; i++) if (!(bare(provided[i]) in provider)) provider[bare(provided[i])] = $2
            }
            END {
                n = split(roots, root, / +/)
                for (i = 1; i <= n; i++) queue[++last] = root[i]
                for (next_ = 1; next_ <= last; next_++) {
                    p = queue[next_]
                    if (!(p in here)) p = provider[p]
                    if (p == "" || p in seen) continue
                    seen[p] = 1
                    print p
                    n = split(depends[p], wanted, /, */)
                    for (i = 1; i <= n; i++) {
                        m = split(wanted[i], choice, / *\| */)
                        for (j = 1; j <= m; j++) {
                            c = bare(choice[j])
                            if (c in here || c in provider) { queue[++last] = c; break }
                        }
                    }
                }
            }'
}

declare -A covered=() is_optional=()
while read -r p; do covered[$p]=1; done < <(closure "${listed[@]}")
for p in "${optional[@]}"; do is_optional[$p]=1; done

# --- what is in use: lines of `kind TAB path` ------------------------------------------------------------------------

headers() { ninja -C "$build" -t deps | sed -n 's/^    \(\/.*\)/header\t\1/p'; }

libraries() {
    local program
    sed -n 's/^  LINK_LIBRARIES = //p' "$build/build.ninja" | tr ' ' '\n' | sed -n 's/^\(\/.*\)/library\t\1/p'
    for program in "$build"/bin/*; do
        if [[ -f $program && -x $program ]]; then
            ldd "$program" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/library\t\1/p'
        fi
    done
}

# Directories that are not some package's own CMake folder (an include path, an install prefix) say nothing.
found_by_cmake() {
    local name value
    while IFS='=' read -r name value; do
        case $name in
        CMAKE_* | *_SOURCE_DIR:* | *_BINARY_DIR:*) [[ $name == CMAKE_*:FILEPATH && -f $value ]] || continue ;;
        *_DIR:PATH | *:FILEPATH) ;;
        *) continue ;;
        esac
        [[ $value == /* && -e $value ]] && printf 'cmake\t%s\n' "$value"
    done < <(grep -E '^[^#/].*:(FILEPATH|PATH)=' "$build/CMakeCache.txt") | grep -v 'INCLUDE_DIR'
}

# Modules by their names in import statements and after `-m`; the interpreter that the tests use says where they are.
python_modules() {
    local files
    files=$(find tests scenarios -name '*.py' 2>/dev/null)
    {
        # shellcheck disable=SC2086
        [[ -z $files ]] || sed -nE 's/^[[:space:]]*(import|from)[[:space:]]+([A-Za-z_0-9]+).*/\2/p' $files
        grep -rhoE --include='*.yaml' --include='*.cpp' --include='*.cmake' 'python3"?,? "?-m"?,? "?[a-z_0-9]+' tests scenarios 2>/dev/null |
            grep -oE '[a-z_0-9]+$' || [[ $? == 1 ]]
    } | sort -u | /usr/bin/python3 -c '
import importlib.util, os, sys
here = {name.removesuffix(".py") for folder in ("tests", "scenarios") for _, folders, files in os.walk(folder) for name in folders + files}
for name in sys.stdin.read().split():
    if name in here or name in sys.builtin_module_names:
        continue
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        print(f"missing\tPython module {name}")
    elif spec.origin and spec.origin.startswith("/"):
        print(f"python\t{spec.origin}")
'
}

# The first word of each `command:` in a scenario, and whatever tests, scenarios and scripts name with its full path.
programs() {
    local word path
    {
        grep -rhoE --include='*.yaml' '\bcommand: *\[? *["'\'']?[A-Za-z0-9_./-]+' scenarios 2>/dev/null | sed -E 's/.*[]\[ "'\'']//'
        grep -rhoE --include='*.cpp' --include='*.hpp' --include='*.py' --include='*.yaml' --include='*.cmake' \
            '/(usr/)?s?bin/[A-Za-z0-9._+-]+' tests scenarios 2>/dev/null
        grep -hoE '/usr/s?bin/[A-Za-z0-9._+-]+' dev .ci/run
    } | sort -u |
        while read -r word; do
            if [[ $word == ./* || ${word##*/} == volley* ]]; then
                continue
            elif path=$(command -v "$word"); then
                printf 'program\t%s\n' "$path"
            else
                printf 'missing\tprogram %s\n' "$word"
            fi
        done
}

# --- whose is it -----------------------------------------------------------------------------------------------------

declare -A kind_of=() owner=()
findings=0
complain() { printf 'doctor: %s\n' "$*"; findings=$((findings + 1)); }

for p in "${listed[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) == installed ]] || printf 'note: %s is in the list and not installed\n' "$p"
done

while IFS=$'\t' read -r kind path; do
    if [[ $kind == missing ]]; then
        complain "$path is used and not there"
    elif [[ $path != "$here"/* ]]; then
        kind_of[$path]=$kind
    fi
done < <({ headers; libraries; found_by_cmake; python_modules; programs; } | sort -u)
((${#kind_of[@]} > 100)) || complain "only ${#kind_of[@]} files found in use: is $build built?"

# A file may be known to dpkg by its own name, by what a link or an alternative points to, or (usr-merge) with or
# without /usr in front.
names_of() {
    local name
    for name in "$1" "$(realpath -m "$1")"; do
        printf '%s\n' "$name"
        case $name in
        /usr/lib* | /usr/bin/* | /usr/sbin/*) printf '%s\n' "${name#/usr}" ;;
        /lib* | /bin/* | /sbin/*) printf '/usr%s\n' "$name" ;;
        esac
    done
}
while IFS= read -r line; do
    case $line in
    diversion\ by*) ;;
    *': /'*) owner[${line#*: }]=${line%%: /*} ;;
    esac
done < <(for path in "${!kind_of[@]}"; do names_of "$path"; done | sort -u | xargs -d '\n' dpkg -S 2>/dev/null)

declare -A used=()
for path in "${!kind_of[@]}"; do
    kind=${kind_of[$path]} verdict=unowned names=''
    while read -r name; do
        [[ -n ${owner[$name]-} ]] || continue
        IFS=', ' read -ra packages <<<"${owner[$name]}"
        [[ $verdict == covered ]] || verdict=uncovered
        for p in "${packages[@]}"; do
            p=${p%%:*}
            names+=" $p"
            if [[ -n ${covered[$p]-} || ($kind == cmake && -n ${is_optional[$p]-}) ]]; then
                verdict=covered
                used[$p]=1
            fi
        done
    done < <(names_of "$path")
    case $verdict in
    unowned) complain "$kind $path belongs to no Debian package" ;;
    uncovered) complain "$kind $path is there by chance: it belongs to${names}, which the list in ./dev does not bring in" ;;
    esac
done

if ((findings)); then
    printf '%d findings: add the packages to the list in ./dev, or stop using them\n' "$findings"
    exit 1
fi
printf 'doctor: %d files in use belong to %d packages, each listed or brought in by a listed one\n' "${#kind_of[@]}" "${#used[@]}"
