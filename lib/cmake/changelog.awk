# awk -v wanted=VERSION -v maintainer="N <M>" -v date="RFC 5322" -f changelog.awk CHANGELOG.md: the newest
# version's entries as a Debian changelog, whose lines have at most 80 columns. Older versions carry no time of day, which that
# format asks for.
function flush(    n, words, i, line) {
    n = split(entry, words, / +/)
    line = "  *"
    for (i = 1; i <= n; i++) {
        if (length(line) + 1 + length(words[i]) > 78) { print line; line = "   " }
        line = line " " words[i]
    }
    if (n) print line
    entry = ""
}
/^## / {
    if (seen++) exit
    version = $2
    sub(/,$/, "", version)
    if (version != wanted) {
        print "the newest entry of the changelog is of " version ", the project is " wanted >"/dev/stderr"
        failed = 1
        exit
    }
    printf "volley (%s) %s; urgency=medium\n\n", version, /not released/ ? "UNRELEASED" : "unstable"
    next
}
!seen { next }
/^- / { flush(); entry = substr($0, 3); next }
NF { sub(/^ +/, ""); entry = entry " " $0 }
END { if (failed || !seen) exit 1; flush(); printf "\n -- %s  %s\n", maintainer, date }
