#!/usr/bin/env bash
# Ghostscript draws pages of text, curves and a gradient into a raster of 200 dots an inch. An
# operation is a page.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need gs ghostscript

prepare() {
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
    40 { 300 rnd 250 add 500 rnd 100 add moveto
        6 { 6 { 500 rnd 50 add } repeat curveto } repeat
        100 rnd 100 div 100 rnd 100 div 100 rnd 100 div setrgbcolor
        5 rnd 1 add setlinewidth stroke } repeat
    << /ShadingType 3 /ColorSpace /DeviceRGB /Coords [300 400 0 300 400 250]
       /Function << /FunctionType 2 /Domain [0 1] /C0 [1 1 0] /C1 [0 0 1] /N 1.5 >> >> shfill
    showpage } bind def
PS
    for page in $(seq "$(share 25)"); do
        echo "$page page"
    done >>pages.ps
}
tool() {
    serve gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=ppmraw -r200 -dTextAlphaBits=4 \
        -dGraphicsAlphaBits=4 -sOutputFile="$PWD/page.ppm" pages.ps
}
figures() {
    echo "ops $(share 25)"
    echo "check $(cksum <page.ppm)"
}
stage "$@"
