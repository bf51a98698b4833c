#!/usr/bin/env bash
# Installs the packages in a Debian 12 that has nothing else, uses them there, purges them and looks for what is left.
# usage: fresh_root.bash FOLDER-WITH-DEBS
# What that needs, and what leaves the machine: tests/support/fresh_root.bash.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/fresh_root.bash
source "$here/../support/fresh_root.bash"

[[ -d ${1-} ]] || fail "the packages come first: ./dev package"
debs=("$1"/volley_*.deb "$1"/libvolley-dev_*.deb "$1"/volley-media_*.deb "$1"/volley-avformat_*.deb)
for deb in "${debs[@]}"; do
    [[ -f $deb ]] || fail "no $deb: ./dev package"
done

make_fresh_root
mkdir "$root/packages" "$root/consumer"
cp "${debs[@]}" "$root/packages"
cp "$here"/consumer/* "$root/consumer"

# Everything that is in the root, but for what apt and dpkg keep for themselves and what the test brought.
everything() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./packages -o -path ./consumer -o -path ./tmp -o -path ./var/lib/dpkg -o \
        -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \) -prune -o -print | sort)
}

apt update

# --- the program -----------------------------------------------------------------------------------------------------

say 'installing volley'
everything >"$scratch/before"
apt install "/packages/$(basename "${debs[0]}")"
inside 30 volley --version
for file in /usr/share/man/man1/volley.1.gz /usr/share/man/man5/volley-scenario.5.gz /usr/share/doc/volley/copyright \
    /usr/share/doc/volley/changelog.gz /usr/share/bash-completion/completions/volley /usr/share/zsh/vendor-completions/_volley \
    /usr/share/fish/vendor_completions.d/volley.fish /usr/share/volley/scenarios/sleep.yaml /usr/libexec/volley/volley-server; do
    [[ -s $root$file ]] || fail "not installed: $file"
done
# shellcheck disable=SC2016  # the shell inside expands it
inside 30 bash -c 'source /usr/share/bash-completion/completions/volley
    COMP_LINE="volley ru" COMP_POINT=9; _volley; [[ ${COMPREPLY[*]} == run ]]' || fail 'bash does not complete "volley ru"'

say 'volley serve and volley post'
# shellcheck disable=SC2016  # the shell inside expands it
with_server volley 'volley post "$address/offer" sleep:=0.1' | tee "$scratch/answer"
echo
grep -q '"slept": 0.1' "$scratch/answer" || fail 'volley post has no answer'
inside 60 volley run /usr/share/volley/scenarios/hello.yaml

# --- the media plugin ------------------------------------------------------------------------------------------------

say 'installing volley-media'
apt install "/packages/$(basename "${debs[2]}")"
plugin=("$root"/usr/lib/*/volley/libvolley_media.so)
[[ -s ${plugin[0]} ]] || fail 'not installed: libvolley_media.so'
inside 60 ldd "${plugin[0]#"$root"}" >"$scratch/ldd"
left=$(lines_of "$scratch/ldd" 'not found')
[[ -z $left ]] || fail "the media plugin misses libraries: $left"
say 'a call with video'
call_with_video volley

say 'installing volley-avformat'
apt install "/packages/$(basename "${debs[3]}")"
plugin=("$root"/usr/lib/*/volley/libvolley_avformat.so)
[[ -s ${plugin[0]} ]] || fail 'not installed: libvolley_avformat.so'
inside 60 ldd "${plugin[0]#"$root"}" >"$scratch/ldd"
left=$(lines_of "$scratch/ldd" 'not found')
[[ -z $left ]] || fail "the plugin for files of video misses libraries: $left"
say 'a call that sends what the call before has recorded'
mv "$root/tmp/back.webm" "$root/tmp/source.webm"
call_with_video volley --video-source /tmp/source.webm

# --- the library -----------------------------------------------------------------------------------------------------

say 'installing libvolley-dev, g++ and cmake'
apt install "/packages/$(basename "${debs[1]}")" g++ make cmake pkg-config
say 'a consumer, by find_package and by pkg-config'
inside 60 cmake -S /consumer -B /tmp/consumer >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; fail 'find_package(volley)'; }
inside 300 cmake --build /tmp/consumer >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; fail 'the consumer does not build'; }
[[ $(inside 10 /tmp/consumer/consumer) == http://localhost:8000/offer ]] || fail 'the consumer does not work'
# shellcheck disable=SC2016
inside 300 bash -c 'g++ -std=c++20 /consumer/main.cpp -o /tmp/by-pkg-config $(pkg-config --cflags --libs volley)' || fail 'pkg-config'
[[ $(inside 10 /tmp/by-pkg-config) == http://localhost:8000/offer ]] || fail "pkg-config's consumer does not work"

# --- and away --------------------------------------------------------------------------------------------------------

say 'purging all four'
inside 10 dpkg -L volley volley-media volley-avformat libvolley-dev | sort -u >"$scratch/listed"
(($(wc -l <"$scratch/listed") > 50)) || fail 'dpkg -L lists next to nothing'
apt purge volley volley-media volley-avformat libvolley-dev
inside 10 dpkg-query -W >"$scratch/packages"
left=$(lines_of "$scratch/packages" volley)
[[ -z $left ]] || fail "dpkg still knows the packages: $left"
left=$(cd "$root" && while read -r path; do
    if [[ -L .$path || -f .$path ]]; then
        echo "$path"
    fi
done <"$scratch/listed")
[[ -z $left ]] || fail "left behind: $left"
everything >"$scratch/after"
lines_of "$scratch/after" -i volley >"$scratch/named"
left=$(lines_of "$scratch/named" -v '^\./etc/apt/')
[[ -z $left ]] || fail "left behind, by name: $left"

# What came with them goes, too: then nothing is there that was not there before.
apt purge g++ make cmake pkg-config
apt autoremove --purge
# ldconfig's cache and the links of alternatives are not the packages'.
everything >"$scratch/after"
comm -13 "$scratch/before" "$scratch/after" >"$scratch/new"
lines_of "$scratch/new" -v -E '^\./(etc|usr/local|var/lib)(/|$)' >"$scratch/added"
[[ ! -s $scratch/added ]] || fail "left behind, of dependencies: $(head -n 20 "$scratch/added")"
say 'nothing is left'
