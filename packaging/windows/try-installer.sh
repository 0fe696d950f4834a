#!/usr/bin/env bash
# Installs Ulak silently under Wine, lets it practise, prepare files and run without a window there, compares with what
# this computer's own build says where one is given, installs it over itself, and removes it. Wine cannot show the window.
# Nothing outside its own folder is touched.
# Usage: try-installer.sh SETUP.exe [ULAK]
set -euo pipefail

setup=$(realpath "$1")
own=${2:-}
here=$(cd "$(dirname "$0")/../.." && pwd)
media=$here/tests/fixtures/media
export WINEPREFIX=${TMPDIR:-/var/tmp}/ulak-try-wine WINEDEBUG=-all WINEARCH=win64 DISPLAY=
drive=$WINEPREFIX/drive_c
say() { printf '\n-- %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
away() { wineserver --kill 2>/dev/null || true; rm -rf "$WINEPREFIX"; }
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)

rm -rf "$WINEPREFIX"; trap away EXIT
say 'An empty Windows 10'
"$wine" wineboot --init >/dev/null 2>&1
"$wine" winecfg -v win10 >/dev/null 2>&1
stand_in() {
    [ -e "$drive/windows/system32/$1.dll" ] ||
        x86_64-w64-mingw32-gcc -shared -D"${1^^}" -o "$drive/windows/system32/$1.dll" "$here/packaging/windows/stand-ins.c" -ladvapi32
}
stand_in bcryptprimitives
stand_in webauthn

say 'Not on a Windows that is too old'
"$wine" winecfg -v win7 >/dev/null 2>&1
"$wine" "$setup" /S && fail 'it was installed on Windows 7'
"$wine" winecfg -v win10 >/dev/null 2>&1

say 'Installed silently'
"$wine" "$setup" /S
folder=$(find "$drive/users" -type d -path '*/Programs/Ulak' | head -1)
[ -n "$folder" ] && [ -f "$folder/ulak.exe" ] || fail 'it is not there'
ls -l "$folder"
"$wine" reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Ulak' /v DisplayVersion
"$wine" reg query 'HKCU\Software\Classes\.csv\OpenWithProgids' /v Ulak.File || fail 'lists are not offered to it'
"$wine" reg query 'HKCU\Software\Classes\.csv' /ve 2>/dev/null | grep Ulak && fail 'it opens lists unasked'
ulak() { timeout 120 "$wine" "$folder/ulak.exe" "$@" | tr -d '\r'; }

say 'Used'
ulak --version | grep '^ulak ' || fail 'it does not say its version'
printf 'Name,Phone\nAyşe,+905321110001\nBudi,+628121110002\n' >"$drive/people.csv"
ulak practice --data 'C:\Ayşe Yılmaz' --contacts 'C:\people.csv' --text 'Merhaba {{name}}' --speed 600 --json >"$drive/practice"
tail -1 "$drive/practice"
grep -q '"event":"summary".*"total":2.*"settled":2.*"ledger_ok":true' "$drive/practice" || fail 'the practice campaign did not end as it should'
[ -s "$drive/Ayşe Yılmaz/ulak.db" ] || fail 'no data were written'
# All that does not hang on how far the ticks were when it ended.
result() { tail -1 | sed -E 's/"parts":\{[^}]*\}//'; }
[ -z "$own" ] || diff <(result <"$drive/practice") <("$own" practice --contacts "$drive/people.csv" --text 'Merhaba {{name}}' --speed 600 --json | result) || fail 'the practice campaign came out otherwise than here'

say 'Files are prepared as here'
figures() { grep -oE '"(verdict|kind|mime|width|height|duration_ms|pages|waveform)":("[^"]*"|[^,}]*)' | sort; }
for file in sample.jpg transparent.png vbr.mp3 pages-300.pdf plain.mp4; do
    cp "$media/$file" "$drive/$file"
    ulak prepare "C:\\$file" --out 'C:\prepared' --json >"$drive/prepared.json" || fail "$file could not be prepared"
    figures <"$drive/prepared.json" | tr '\n' ' '; echo
    [ -z "$own" ] || diff <(figures <"$drive/prepared.json") <("$own" prepare "$media/$file" --out "$drive/own" --json | figures) || fail "$file came out otherwise than here"
done

say 'Without a window, and spoken to'
timeout 300 "$wine" "$folder/ulak.exe" serve --data 'C:\Ayşe Yılmaz' --json >"$drive/serve" &
for second in $(seq 30); do grep -q serving "$drive/serve" && break; sleep 1; done
ulak pause --data 'C:\Ayşe Yılmaz' --json | grep '"paused":true' || fail 'it cannot be spoken to'
ulak resume --data 'C:\Ayşe Yılmaz' --json | grep -q '"paused":false' || fail 'it cannot be spoken to'

say 'Installed over one that runs'
"$wine" "$setup" /S && fail 'it was installed over a program that runs'
wineserver --kill; wait || true
say 'Installed over itself'
"$wine" "$setup" /S
[ -f "$folder/ulak.exe" ] || fail 'the upgrade lost the program'
{ ulak status --data 'C:\Ayşe Yılmaz' --json || true; } | grep control.not_running || fail 'it speaks to one that was killed'

say 'Removed, and nothing left'
"$wine" "$folder/uninstall.exe" /S
for second in $(seq 60); do [ -e "$folder" ] || break; sleep 1; done
[ ! -e "$folder" ] || { ls -l "$folder"; fail 'the program is still there'; }
"$wine" reg query 'HKCU\Software\Ulak' >/dev/null 2>&1 && fail 'the registry still knows it'
"$wine" reg query 'HKCU\Software\Classes\.csv\OpenWithProgids' /v Ulak.File >/dev/null 2>&1 && fail 'lists are still offered to it'
find "$drive/users" -name '*Ulak*' -not -path '*/Temp/*' | grep . && fail 'something is left'
[ -s "$drive/Ayşe Yılmaz/ulak.db" ] || fail 'the data went too'
printf '\nThe installer does what it says.\n'
