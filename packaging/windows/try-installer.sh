#!/usr/bin/env bash
# Installs Ulak silently under Wine, lets it practise and prepare a file there, compares with what this computer's own
# build says where one is given, and removes it. Wine cannot show the window. Nothing outside its own folder is touched.
# Usage: try-installer.sh SETUP.exe [ULAK]
set -euo pipefail

setup=$(realpath "$1")
own=${2:-}
here=$(cd "$(dirname "$0")/../.." && pwd)
export WINEPREFIX=${TMPDIR:-/var/tmp}/ulak-try-wine WINEDEBUG=-all WINEARCH=win64 DISPLAY=
say() { printf '\n-- %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
away() { wineserver --kill 2>/dev/null || true; rm -rf "$WINEPREFIX"; }
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)

rm -rf "$WINEPREFIX"; trap away EXIT
say 'An empty Windows'
"$wine" wineboot --init >/dev/null 2>&1
say 'Installed silently'
"$wine" "$setup" /S
folder=$(find "$WINEPREFIX/drive_c/users" -type d -path '*/Programs/Ulak' | head -1)
[ -n "$folder" ] && [ -f "$folder/ulak.exe" ] || fail 'it is not there'
ls -l "$folder"
"$wine" reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Ulak' /v DisplayVersion

say 'Used'
"$wine" "$folder/ulak.exe" --version
data=$WINEPREFIX/drive_c/practice
printf 'Name,Phone\nAyşe,+905321110001\nBudi,+628121110002\n' >"$WINEPREFIX/drive_c/people.csv"
"$wine" "$folder/ulak.exe" practice --data 'C:\practice' --contacts 'C:\people.csv' --text 'Merhaba {{name}}' --speed 600 --json | tee "$WINEPREFIX/practice" | tail -1
[ -s "$data/ulak.db" ] || fail 'no data were written'
cp "$here/tests/fixtures/media/sample.jpg" "$WINEPREFIX/drive_c/sample.jpg"
"$wine" "$folder/ulak.exe" prepare 'C:\sample.jpg' --out 'C:\prepared' --json | tr -d '\r' >"$WINEPREFIX/prepared" || fail 'a photo could not be prepared'
cat "$WINEPREFIX/prepared"
if [ -n "$own" ]; then
    figures() { grep -oE '"(width|height|bytes|kind)":[^,}]*'; }
    diff <(figures <"$WINEPREFIX/prepared") <("$own" prepare "$here/tests/fixtures/media/sample.jpg" --out "$WINEPREFIX/own" --json | figures) || fail 'the photo came out otherwise than here'
fi

say 'Installed over itself'
"$wine" "$setup" /S
[ -f "$folder/ulak.exe" ] || fail 'the upgrade lost the program'

say 'Removed, and nothing left'
"$wine" "$folder/uninstall.exe" /S
for second in $(seq 60); do [ -e "$folder" ] || break; sleep 1; done
[ ! -e "$folder" ] || { ls -l "$folder"; fail 'the program is still there'; }
"$wine" reg query 'HKCU\Software\Ulak' >/dev/null 2>&1 && fail 'the registry still knows it'
find "$WINEPREFIX/drive_c/users" -name '*Ulak*' -not -path '*/Temp/*' | grep . && fail 'something is left'
printf '\nThe installer does what it says.\n'
