#!/usr/bin/env bash
# ImageMagick develops a picture over and over: resizes, rotates, sharpens, and writes four formats.
#
# A picture of 1,600 x 1,200 is one block of 15 MB, and each operation makes a new one; beside
# them are rows of 10 to 100 KB, kernels, tables of colours, and blocks of the file formats.
#
# The shipped trace: imagemagick 6.9.11-60 of Debian 12.
. "$(dirname "$0")/common.sh"
need /usr/bin/convert imagemagick

export OMP_NUM_THREADS=2 MAGICK_THREAD_LIMIT=2
operations=()
for round in $(seq 1 $((6 * times))); do
    operations+=(
        "(" -clone 0 -resize "$((1000 + round * 70))x" -unsharp 0x1 -modulate "105,$((90 + round))"
        -rotate "$((round * 3))" -crop 900x700+40+40 +repage -write "jpeg:out$((round % 3)).jpg"
        +delete ")"
        "(" -clone 0 -resize 400x -blur 0x3 -colors 64 -write "png:out$((round % 3)).png"
        +delete ")"
        "(" -clone 0 -resize 128x128 -sharpen 0x1 -normalize -write "gif:out.gif" +delete ")")
done
record --max-events=1000000 -- /usr/bin/convert -seed 1 +dither -size 1600x1200 \
    plasma:steelblue-tan "${operations[@]}" -resize 50% last.png
