#!/usr/bin/env bash
# Ghostscript: a drawn page as a bitmap, as PDF, and the PDF as a bitmap again.
# Debian packages: ghostscript
. "$(dirname "$0")/../../support/preload.sh"
need gs
cat >page.ps <<'PS'
%!PS
/Helvetica findfont 9 scalefont setfont
0 1 60 { /i exch def
  gsave i 60 div 1 i 60 div sub 0.5 setrgbcolor
  36 36 i 11 mul add moveto (Line ) show i 10 string cvs show ( of the page) show grestore
  newpath 300 400 i 4 mul 0 360 arc i 3 mod 0 eq { gsave 0.9 setgray fill grestore } if stroke
} for
/big 33000 array def 0 1 32999 { big exch dup 7919 mul 1000 mod put } for
/s 0 def big { s add 65521 mod /s exch def } forall
200 100 moveto s 20 string cvs show
<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 500 700] /Extend [true true]
   /Function << /FunctionType 2 /Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] /N 1 >> >>
clippath 400 600 100 100 rectclip shfill showpage
0 1 40 { /i exch def /Times-Roman findfont i 4 add scalefont setfont
  40 i 17 mul 30 add moveto (Sphinx of black quartz) show } for showpage
PS
options=(-q -dBATCH -dNOPAUSE -dSAFER -r150)
same_output gs "${options[@]}" -sDEVICE=ppmraw -sOutputFile=- page.ps
same_output gs "${options[@]}" -dGraphicsAlphaBits=4 -dTextAlphaBits=4 -dNumRenderingThreads=2 \
    -dBandHeight=100 -dMaxBitmap=0 -sDEVICE=png16m -sOutputFile=- page.ps
under_hakmem gs "${options[@]}" -sDEVICE=pdfwrite -sOutputFile=page.pdf page.ps
assert_served
same_output gs "${options[@]}" -sDEVICE=ppmraw -sOutputFile=- page.pdf
same_output gs "${options[@]}" -sDEVICE=txtwrite -sOutputFile=- page.pdf
