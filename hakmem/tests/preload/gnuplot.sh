#!/usr/bin/env bash
# gnuplot draws curves, a surface and a histogram as SVG; librsvg, in Rust with cairo and pango,
# makes a picture of them.
. "$(dirname "$0")/../support/preload.sh"
need gnuplot rsvg-convert
awk 'BEGIN { for (i = 0; i < 20000; i++) print i, sin(i / 300) * i, i * 7919 % 1000 }' >data
cat >figure.gp <<'GP'
set terminal svg size 700,900
set multiplot layout 3,1
plot 'data' every 7 using 1:2 with lines title 'a', '' using 1:($3 * 9) smooth bezier title 'b'
set isosamples 60
splot sin(x) * cos(y) with lines
bin(x) = 50 * floor(x / 50)
plot 'data' using (bin($3)):(1) smooth frequency with boxes
unset multiplot
GP
same_output gnuplot figure.gp
mv got.out figure.svg
same_output rsvg-convert --width 900 figure.svg
same_output rsvg-convert --height 333 --background-color gray figure.svg
