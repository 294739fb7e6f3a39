#!/usr/bin/env bash
# LuaJIT: code compiled while it runs, C functions and memory by its ffi, coroutines.
# Debian packages: luajit
. "$(dirname "$0")/../../support/preload.sh"
need luajit
cat >heavy.lua <<'LUA'
local ffi = require 'ffi'
ffi.cdef[[void *malloc(size_t); void free(void *); void *realloc(void *, size_t);]]
local sum = 0
for round = 1, 10 do
  local blocks = {}
  for i = 1, 2000 do
    local size = (i * 7919 * round) % 40000 + 4
    local p = ffi.cast('uint8_t *', ffi.C.malloc(size))
    p[0] = i % 256; p[size - 1] = round
    if i % 5 == 0 then p = ffi.cast('uint8_t *', ffi.C.realloc(p, size * 2)) end
    blocks[i] = p
  end
  for i = 1, 2000 do sum = sum + blocks[i][0]; ffi.C.free(blocks[i]) end
end
print(sum)
local t = {}
for i = 1, 100000 do t[i] = tostring(i * 1.5) .. 'x' end
print(#table.concat(t))
local total = 0
for i = 1, 2000 do
  local co = coroutine.wrap(function(n) for j = 1, 50 do n = coroutine.yield(n + j) end end)
  for j = 1, 50 do total = total + co(j) end
end
print(total)
LUA
for way in -jon -joff; do
    same_output luajit $way heavy.lua
done
