#!/usr/bin/env bash
# ImageMagick, with OpenMP threads: filters, morphology, fonts, layers, and formats there and back.
# Debian packages: imagemagick
. "$(dirname "$0")/../../support/preload.sh"
need convert identify compare
base=(convert -limit thread 4 -seed 7 -size 900x700)
same_output "${base[@]}" plasma:fractal -resize 60% -blur 0x3 -rotate 17 -depth 8 rgb:-
same_output "${base[@]}" gradient:red-blue -swirl 200 -wave 20x90 -colors 40 +dither -depth 8 ppm:-
same_output "${base[@]}" xc:white -fill navy -stroke gold -draw 'circle 450,350 450,100' \
    -draw 'polygon 10,10 880,40 500,690' -morphology dilate:5 disk:4 -edge 2 -depth 8 gray:-
same_output "${base[@]}" plasma:tomato-steelblue \( +clone -negate -flip \) -compose multiply \
    -composite -fft -delete 1 -depth 16 gray:-
"${base[@]}" plasma:fractal want.ppm
for format in png jpg tiff gif bmp pnm; do
    convert want.ppm want.$format
    under_hakmem convert want.ppm got.$format
    assert_served
    [ "$(identify -format '%#\n' want.$format)" = "$(identify -format '%#\n' got.$format)" ] ||
        fail "another $format"
    same_output convert want.$format -scale 50% -depth 8 rgb:-
done
same_output convert -limit thread 3 want.png want.jpg want.tiff -append -liquid-rescale 50x90% \
    -depth 8 rgb:-
