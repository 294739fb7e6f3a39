#!/usr/bin/env bash
# Ghostscript draws pages of text, curves, gradients and an image into a raster, with antialiasing.
#
# Its interpreter collects garbage in clumps of its own, many of 64,000 bytes; glyphs, paths, bands
# of the raster and large arrays come from malloc one by one.
#
# The shipped trace: ghostscript 10.0.0 of Debian 12.
. "$(dirname "$0")/common.sh"
need gs ghostscript

cat >pages.ps <<'PS'
%!PS
/fonts [/Times-Roman /Helvetica-Bold /Courier /Palatino-Italic /NewCenturySchlbk-Roman] def
/rnd { rand exch mod } bind def
1 srand
/words { /letters 40 string def
    0 1 39 { letters exch 65 26 rnd add put } for letters } bind def
/page { /n exch def
    0 1 50 { /y exch def
        fonts y n add 5 mod get findfont 6 y 9 mod add scalefont setfont
        40 y 14 mul 40 add moveto words show } for
    60 { 300 rnd 250 add 500 rnd 100 add moveto
        6 { 6 { 500 rnd 50 add } repeat curveto } repeat
        100 rnd 100 div 100 rnd 100 div 100 rnd 100 div setrgbcolor
        5 rnd 1 add setlinewidth
        n 2 mod 0 eq { stroke } { gsave eofill grestore newpath } ifelse } repeat
    << /ShadingType 3 /ColorSpace /DeviceRGB /Coords [300 400 0 300 400 250]
       /Function << /FunctionType 2 /Domain [0 1] /C0 [1 1 0] /C1 [0 0 1] /N 1.5 >> >> shfill
    gsave 100 500 translate 200 200 scale
    64 64 8 [64 0 0 -64 0 64] { 64 string 0 1 63 { 1 index exch 256 rnd put } for } bind image
    grestore showpage } bind def
PS
for page in $(seq 1 $((16 * times))); do
    echo "$page page"
done >>pages.ps
record --max-events=1000000 -- gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=png16m -r200 \
    -dTextAlphaBits=4 -dGraphicsAlphaBits=4 -dBufferSpace=8000000 \
    -sOutputFile="$work/page%d.png" pages.ps
