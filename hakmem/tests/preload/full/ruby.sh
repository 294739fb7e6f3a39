#!/usr/bin/env bash
# Ruby: objects, strings of 33 KB, threads, fibers, a compacting collector, zlib, Marshal.
# Debian packages: ruby
. "$(dirname "$0")/../../support/preload.sh"
need ruby
cat >heavy.rb <<'RB'
require 'digest'
require 'json'
require 'zlib'
table = (1..200_000).to_h { |i| [i, 'v' * (i % 90)] }
table.delete_if { |key, _| key % 3 == 0 }
puts Digest::SHA256.hexdigest(table.sort.join(','))
blobs = (1..2000).map { |i| ((65 + i % 26).chr * 33_000) }
blobs.each_index { |i| blobs[i] << blobs[i - 1] if i % 7 == 0 }
GC.start
GC.compact if GC.respond_to?(:compact)
packed = Zlib::Deflate.deflate(blobs.join)
raise 'other bytes' unless Zlib::Inflate.inflate(packed) == blobs.join
puts Digest::MD5.hexdigest(Marshal.dump(blobs.map(&:size)))
text = JSON.generate((0...20_000).map { |i| { 'key' => i, 'text' => 'x' * (i % 300) } })
puts JSON.parse(text).sum { |row| row['text'].size }
threads = (0...4).map { |n| Thread.new { (0...3000).sum { |j| Array.new(j % 500, n).size } } }
puts threads.map(&:value).inspect
fibers = (0...2000).map { |i| Fiber.new { Fiber.yield('f' * i); i } }
puts fibers.sum { |fiber| fiber.resume.size } + fibers.sum(&:resume)
pid = fork { exit!((0...50_000).map { |i| 'c' * (i % 100) }.sum(&:size) == 2_475_000 ? 7 : 1) }
Process.wait(pid)
puts $?.exitstatus
RB
same_output ruby heavy.rb
