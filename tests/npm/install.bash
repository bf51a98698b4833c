#!/usr/bin/env bash
# Installs the npm packages that tests use, as the lock file has them, into a folder; only when that has not been done.
# usage: install.bash NPM FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
npm=$1 folder=$2
if cmp -s "$here/package-lock.json" "$folder/.installed"; then
    exit 0
fi
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder/"
"$npm" ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier
cp "$here/package-lock.json" "$folder/.installed"
