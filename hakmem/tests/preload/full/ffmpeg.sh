#!/usr/bin/env bash
# FFmpeg with frame and slice threads: generated video and sound through filters and codecs, decoded
# again, checksums of each frame.
# Debian packages: ffmpeg
. "$(dirname "$0")/../../support/preload.sh"
need ffmpeg
quiet=(ffmpeg -nostdin -v error -y)
video=(-f lavfi -i "testsrc2=size=640x360:rate=25:duration=4")
sound=(-f lavfi -i "sine=frequency=440:duration=4")
same_output "${quiet[@]}" -threads 4 "${video[@]}" -vf "scale=480:272,hue=h=40,gblur=3,rotate=0.2" \
    -flags bitexact -f framemd5 -
for codec in mpeg4 ffv1 libx264 libvpx-vp9; do
    encode=("${quiet[@]}" "${video[@]}" -t 2 -threads 4 -flags +bitexact -fflags +bitexact
        -c:v $codec -f matroska)
    "${encode[@]}" want.mkv 2>want.err || fail "libc, $codec: $(tail -n 2 want.err)"
    under_hakmem "${encode[@]}" got.mkv 2>got.err || fail "$codec: $(tail -n 2 got.err)"
    assert_served
    cmp want.mkv got.mkv || fail "$codec encoded otherwise"
    same_output "${quiet[@]}" -threads 4 -i got.mkv -f framemd5 -
done
for codec in flac aac libmp3lame libopus; do
    same_output "${quiet[@]}" "${sound[@]}" -ac 2 -af "aecho,atempo=1.3" -flags +bitexact \
        -fflags +bitexact -c:a $codec -f matroska -
done
