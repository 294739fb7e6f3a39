#!/usr/bin/env bash
# Lua: every table and string by realloc; coroutines, closures, a collector run by hand.
# Debian packages: lua5.4
. "$(dirname "$0")/../../support/preload.sh"
need lua5.4
cat >heavy.lua <<'LUA'
local function checksum(text)
  local a, b = 1, 0
  for i = 1, #text, 7 do a = (a + text:byte(i)) % 65521; b = (b + a) % 65521 end
  return b * 65536 + a
end
local t = {}
for i = 1, 300000 do t[i] = ("v"):rep(i % 90) end
for i = 1, 300000, 3 do t[i] = nil end
collectgarbage()
local parts = {}
for i = 1, 300000 do if t[i] then parts[#parts + 1] = t[i] end end
print(#parts, checksum(table.concat(parts, ",")))
local blobs = {}
for i = 1, 2000 do blobs[i] = string.char(65 + i % 26):rep(33000 + i) end
for i = 7, 2000, 7 do blobs[i] = blobs[i] .. blobs[i - 1] end
print(checksum(table.concat(blobs)))
local sum = 0
for i = 1, 3000 do
  local co = coroutine.wrap(function(n) for j = 1, 20 do n = coroutine.yield(n + j) end end)
  for j = 1, 20 do sum = sum + co(j) end
end
print(sum)
local words = {}
for w in (("lorem ipsum dolor sit amet "):rep(20000)):gmatch("%a+") do
  words[w] = (words[w] or 0) + 1
end
local keys = {}
for k, v in pairs(words) do keys[#keys + 1] = k .. "=" .. v end
table.sort(keys)
print(table.concat(keys, " "))
LUA
same_output lua5.4 heavy.lua
